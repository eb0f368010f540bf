"""Notes of a training in MLflow, which a training never waits for."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from mlflow import MlflowClient

from fetal_head.learning import tracking as module
from fetal_head.learning.tracking import EXPERIMENT, tracking

ENDLESS = """
import sys, time
from pathlib import Path
from fetal_head.learning.tracking import tracking
with tracking("embedded", Path(sys.argv[1]), {}):
    time.sleep(600)
"""


@pytest.fixture(autouse=True, scope="module")
def _patient() -> Iterator[None]:
    # a busy machine may need minutes to make the tables
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "PATIENCE", 300.0)
        yield


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the database of one training; to make its tables takes seconds."""
    folder = tmp_path_factory.mktemp("models, of an app")
    with tracking("embedded", folder, {"learning_rate": 0.001, "start": "v0001"}) as run:
        run.epoch(1, {"loss": 0.9, "dice/BRAIN": 0.5, "dice/LV": None})
        run.epoch(2, {"loss": 0.4, "dice/BRAIN": 0.75, "dice/LV": float("nan")})
        run.result({"version": "v0002", "published": False, "verdict": "not better" * 2000})
    return folder


@pytest.fixture
def client(folder: Path) -> MlflowClient:
    return MlflowClient(f"sqlite:///{folder}/mlflow.db")


def _statuses(client: MlflowClient) -> list[str]:
    """Newest first."""
    experiment = client.get_experiment_by_name(EXPERIMENT)
    assert experiment is not None
    return [run.info.status for run in client.search_runs([experiment.experiment_id])]


def test_the_run_is_in_the_store(client: MlflowClient, folder: Path) -> None:
    experiment = client.get_experiment_by_name(EXPERIMENT)
    assert experiment is not None
    assert experiment.artifact_location == (folder / "mlflow").as_uri()
    (run,) = client.search_runs([experiment.experiment_id])
    assert run.info.status == "FINISHED"
    assert run.data.params == {"learning_rate": "0.001", "start": "v0001"}
    assert (run.info.run_name, run.data.tags["published"]) == ("v0002", "False")
    assert run.data.tags["verdict"].startswith("not better")
    loss = client.get_metric_history(run.info.run_id, "loss")
    assert [(metric.step, metric.value) for metric in loss] == [(1, 0.9), (2, 0.4)]
    assert run.data.metrics["dice/BRAIN"] == 0.75
    assert sorted(path.name for path in folder.iterdir()) == ["mlflow.db"]


def test_a_training_that_fails_is_told_from_one_that_ended(client: MlflowClient, folder: Path) -> None:
    with pytest.raises(ZeroDivisionError), tracking("embedded", folder, {}):
        raise ZeroDivisionError
    assert _statuses(client)[0] == "FAILED"
    with pytest.raises(KeyboardInterrupt), tracking("embedded", folder, {}):
        raise KeyboardInterrupt
    assert _statuses(client)[0] == "KILLED"


def test_the_run_of_a_killed_training_is_closed_by_the_next_one(client: MlflowClient, folder: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", ENDLESS, str(folder)]) as process:
        end = time.monotonic() + 300
        while _statuses(client)[0] != "RUNNING" and time.monotonic() < end:
            time.sleep(0.2)
        process.send_signal(signal.SIGKILL)
    assert _statuses(client)[0] == "RUNNING"
    with tracking("embedded", folder, {}):
        pass
    assert _statuses(client)[:2] == ["FINISHED", "KILLED"]


def test_a_training_that_is_killed_while_the_tables_are_made_leaves_no_half_database(tmp_path: Path) -> None:
    (tmp_path / "temporary").mkdir()
    environment = {**os.environ, "TMPDIR": str(tmp_path / "temporary")}
    with subprocess.Popen([sys.executable, "-c", ENDLESS, str(tmp_path / "models")], env=environment) as process:
        end = time.monotonic() + 300
        while not list(tmp_path.glob("temporary/*/mlflow.db")) and time.monotonic() < end:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
    assert list(tmp_path.glob("temporary/*/mlflow.db")), "it was killed too late"
    assert not (tmp_path / "models" / "mlflow.db").exists()


def test_an_experiment_that_was_deleted_on_its_page_comes_back_with_its_runs(client: MlflowClient, folder: Path) -> None:
    experiment = client.get_experiment_by_name(EXPERIMENT)
    assert experiment is not None
    before = _statuses(client)
    client.delete_experiment(experiment.experiment_id)
    with tracking("embedded", folder, {}):
        pass
    assert _statuses(client) == ["FINISHED", *before]


def test_nowhere_keeps_nothing(tmp_path: Path) -> None:
    with tracking("none", tmp_path / "models", {"a": 1}) as run:
        run.epoch(1, {"loss": 1.0})
        run.result({"version": "v0001"})
    assert not (tmp_path / "models").exists()


@pytest.fixture(params=["nobody listens", "nobody answers", "nonsense"])
def dead_server(request: pytest.FixtureRequest) -> Iterator[str]:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        if request.param == "nobody answers":
            server.listen()
        yield "gopher://x" if request.param == "nonsense" else f"http://127.0.0.1:{server.getsockname()[1]}"


def test_a_dead_server_neither_breaks_nor_stalls_a_training(
    dead_server: str, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "1")
    with tracking(dead_server, tmp_path, {"a": 1}) as run:
        started = time.monotonic()
        for number in range(1000):
            run.epoch(number, {"loss": 0.1})
        run.result({"version": "v0001"})
        assert time.monotonic() - started < 1
    assert time.monotonic() - started < 60
    (record,) = [record for record in caplog.records if record.name == module.__name__]
    assert "MLflow keeps no notes of this training, which goes on" in record.message
    assert list(tmp_path.iterdir()) == []


def test_a_server_too_slow_for_the_last_notes_is_not_waited_for(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PATIENCE", 0.5)
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        started = time.monotonic()
        with tracking(f"http://127.0.0.1:{server.getsockname()[1]}", tmp_path, {}):
            pass
        assert time.monotonic() - started < 3
    assert "some may be missing" in caplog.text


@pytest.mark.parametrize("spoil", ["garbage", "locked"])
def test_a_damaged_or_locked_database_breaks_nothing(tmp_path: Path, spoil: str, caplog: pytest.LogCaptureFixture) -> None:
    database = sqlite3.connect(tmp_path / "mlflow.db")
    if spoil == "locked":
        database.execute("create table t (a)")
        database.execute("begin exclusive")
    else:
        (tmp_path / "mlflow.db").write_bytes(b"no database" * 1000)
    with tracking("embedded", tmp_path, {"a": 1}) as run:
        run.epoch(1, {"loss": 0.1})
    database.close()
    assert "MLflow keeps no notes of this training, which goes on" in caplog.text


def test_it_is_imported_only_when_it_is_needed() -> None:
    code = "import sys, fetal_head.learning.tracking; sys.exit('mlflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, env=os.environ).returncode == 0
