"""Starting and stopping a training over HTTP, one at a time."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Depends, HTTPException
from monailabel.endpoints.train import run, run_model, stop
from monailabel.interfaces.app import MONAILabelApp
from monailabel.utils.async_tasks.utils import processes, tasks

from fetal_head.learning.running import running
from fetal_head.model.registry import Registry
from fetal_head.server.identity import requires

# upstream's background task never leaves SUBMITTED when its process cannot be started
START_TAKES_AT_MOST = timedelta(seconds=60)
STOP_TAKES_AT_MOST = 10.0


def training_routes(app: MONAILabelApp) -> APIRouter:
    """The routes that start and stop a training, each with the role that upstream asks for."""
    router = APIRouter(dependencies=[Depends(requires("admin"))])
    folder = Registry.of_app(Path(app.app_dir)).folder
    # upstream looks for a running process, which a training that was submitted a moment ago does not have yet
    one_at_a_time = threading.Lock()

    def refuse_if_in_vain() -> None:
        job = running_job(app, folder)
        if job:
            message = f"A training already runs since {job['start_ts']}: wait for its end or stop it, then train again."
            raise HTTPException(409, {"message": message, "job": job})
        if not app.datastore().get_labeled_images():
            raise HTTPException(422, "There is no submitted label yet: correct and submit at least one image, then train.")

    @router.post("/train/{model}")
    def start_training(model: str, params: dict[str, Any] | None = None, run_sync: bool = False, enqueue: bool = False) -> Any:
        """Starts a training; 409 with the running job while there is one, whether to `enqueue` or not.

        Answers 422 with a sentence when there is nothing to train on: upstream starts a process that fails, and the viewer
        never shows why. With `run_sync` the answer comes when the training has ended; it has a process of its own even then.
        """
        with one_at_a_time:
            refuse_if_in_vain()
            task = run_model(model, params, False, enqueue)
        if run_sync:
            _wait_for_end(task)
        return task

    @router.post("/train/", include_in_schema=False)
    def start_every_training(params: dict[str, Any] | None = None, run_sync: bool = False) -> Any:
        """The same for a client that names no model."""
        with one_at_a_time:
            refuse_if_in_vain()
            started = run(params, False)
        if run_sync:
            for model in started.values():
                _wait_for_end(model["result"])
        return started

    @router.delete("/train/")
    def stop_training() -> Any:
        """Stops this server's training, null when there is none; answers once its process is gone, so that the next can start."""
        with one_at_a_time:
            task = _active_task()
            if task is None:
                return None
            # one that has no process yet cannot be stopped: upstream would say that there is none, and it would go on
            _wait(lambda: task["id"] in processes("train") or _has_ended(task), STOP_TAKES_AT_MOST)
            process = processes("train").get(task["id"])
            stopped = stop()
            _wait(lambda: process is None or process.poll() is not None, STOP_TAKES_AT_MOST)
            return stopped

    return router


def running_job(app: MONAILabelApp, folder: Path) -> dict[str, Any] | None:
    """The training that runs on the models in `folder`, None when there is none.

    `id`, `status` and `start_ts` are those of GET /train/; `id` is None for one that this server has not started, of which `pid`
    tells. `progress` is by trainer.
    """
    task = _active_task()
    if task:
        job = {key: task[key] for key in ("id", "status", "start_ts")}
    else:
        other = running(folder)
        if other is None:
            return None
        job = {"id": None, "status": "RUNNING", "start_ts": other.started, "pid": other.pid}
    return {**job, "progress": app.info()["train_stats"]}


def _active_task() -> dict[str, Any] | None:
    return next((task for task in tasks("train") if not _has_ended(task)), None)


def _has_ended(task: dict[str, Any]) -> bool:
    process = processes("train").get(task["id"])
    if process is not None:
        return process.poll() is not None
    submitted = datetime.strptime(task["start_ts"], "%Y-%m-%d %H:%M:%S")
    return task["status"] != "SUBMITTED" or datetime.now() - submitted > START_TAKES_AT_MOST


def _wait_for_end(task: dict[str, Any]) -> None:
    _wait(lambda: _has_ended(task))
    # upstream tells how it ended a moment later
    _wait(lambda: "end_ts" in task, STOP_TAKES_AT_MOST)


def _wait(until: Callable[[], bool], seconds: float = math.inf) -> None:
    end = time.monotonic() + seconds
    while not until() and time.monotonic() < end:
        time.sleep(0.02)
