"""Notes of every training in MLflow, which a training never waits for.

The embedded store is looked at with `mlflow ui --backend-store-uri sqlite:////FOLDER/mlflow.db` (three slashes and an absolute
path), on this machine only.
"""

from __future__ import annotations

import logging
import os
import queue
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from fetal_head.files import replacing

if TYPE_CHECKING:
    from mlflow import MlflowClient

EXPERIMENT = "fetal_head"
EMBEDDED, NOWHERE = "embedded", "none"
# MLflow waits 120 s for an answer and asks eight times; it would print where the run is, among a command's JSON
QUICK_AND_QUIET = {
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
}
# what the end of a training waits for the last notes at most
PATIENCE = 60.0
LONGEST_VALUE = 5000

logger = logging.getLogger(__name__)
_Note = Callable[["MlflowClient", str], None]


class Run:
    """The notes of one training. They are written by a thread of their own; when MLflow fails, a warning is all that follows."""

    def __init__(self) -> None:
        self._notes: queue.SimpleQueue[_Note | None] = queue.SimpleQueue()

    def epoch(self, number: int, metrics: Mapping[str, float | None]) -> None:
        """Notes the metrics of epoch `number`; those that are None are left out."""
        now = int(time.time() * 1000)

        def note(client: MlflowClient, run: str) -> None:
            from mlflow.entities import Metric

            client.log_batch(run, [Metric(key, value, now, number) for key, value in metrics.items() if value is not None])

        self._notes.put(note)

    def result(self, tags: Mapping[str, object]) -> None:
        """Notes what came of it: verdict, ...; from then on the run is called by its `version`, if there is one."""

        def note(client: MlflowClient, run: str) -> None:
            if "version" in tags:
                client.update_run(run, name=str(tags["version"]))
            for key, value in tags.items():
                client.set_tag(run, key, str(value)[:LONGEST_VALUE])

        self._notes.put(note)

    def end(self, status: str) -> None:
        """The last note: FINISHED, FAILED or KILLED."""
        self._notes.put(lambda client, run: client.set_terminated(run, status))
        self._notes.put(None)

    def write(self, where: str, folder: Path, params: Mapping[str, object]) -> None:
        """Writes note after note until the last one, or until MLflow fails."""
        try:
            client, experiment = _experiment(where, folder)
            run = client.create_run(experiment).info.run_id
            for key, value in params.items():
                client.log_param(run, key, str(value)[:LONGEST_VALUE])
            while (note := self._notes.get()) is not None:
                note(client, run)
        except Exception as error:
            logger.warning("MLflow keeps no notes of this training, which goes on: %s", error)


@contextmanager
def tracking(where: str, folder: Path, params: Mapping[str, object]) -> Iterator[Run]:
    """Notes of the training in the block, which ends as FINISHED, FAILED (an error) or KILLED (interrupted).

    Whatever happens to MLflow, the training neither fails nor waits, but for `PATIENCE` seconds at its end at most.

    Args:
        where: MLflow's server (`http://...`); "embedded" keeps the notes in `folder`/mlflow.db, "none" keeps none.
        folder: for the embedded store. Whoever has it must be the only training there: runs that an earlier, killed training
            has left open are closed.
        params: settings, flat.
    """
    run = Run()
    if where == NOWHERE:
        yield run
        return
    writer = threading.Thread(target=run.write, args=(where, folder, params), name="mlflow", daemon=True)
    writer.start()
    status = "KILLED"
    try:
        yield run
        status = "FINISHED"
    except Exception:
        status = "FAILED"
        raise
    finally:
        run.end(status)
        writer.join(PATIENCE)
        if writer.is_alive():
            logger.warning("MLflow took more than %.0f s for the last notes of this training: some may be missing", PATIENCE)


def _experiment(where: str, folder: Path) -> tuple[MlflowClient, str]:
    for key, value in QUICK_AND_QUIET.items():
        os.environ.setdefault(key, value)
    from mlflow import MlflowClient

    folder = folder.resolve()
    database = folder / "mlflow.db"
    if where == EMBEDDED and not database.exists():
        _create(database)
    client = MlflowClient(f"sqlite:///{database}" if where == EMBEDDED else where)
    found = client.get_experiment_by_name(EXPERIMENT)
    if found is None:
        return client, client.create_experiment(
            EXPERIMENT, artifact_location=(folder / "mlflow").as_uri() if where == EMBEDDED else None
        )
    # on MLflow's page one click deletes it, and then nothing more can be noted under its name
    if found.lifecycle_stage == "deleted":
        client.restore_experiment(found.experiment_id)
    if where == EMBEDDED:
        for run in client.search_runs([found.experiment_id], "attributes.status = 'RUNNING'"):
            client.set_terminated(run.info.run_id, "KILLED")
    return client, found.experiment_id


def _create(database: Path) -> None:
    # MLflow needs seconds to make its tables, and can do nothing with a database in which it was killed meanwhile
    from mlflow import MlflowClient

    with TemporaryDirectory(ignore_cleanup_errors=True) as empty:
        MlflowClient(f"sqlite:///{empty}/mlflow.db").search_experiments()
        with replacing(database) as temporary:
            shutil.copyfile(Path(empty) / "mlflow.db", temporary)
