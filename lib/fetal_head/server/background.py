"""What MONAI Label runs in processes of their own: trainings and predictions of many images."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Literal

from monailabel.utils.async_tasks.utils import processes, stop_background_task, tasks

Method = Literal["train", "batch_infer"]

# upstream's background task never leaves SUBMITTED when its process cannot be started
START_TAKES_AT_MOST = timedelta(seconds=60)
STOP_TAKES_AT_MOST = 10.0


def active_task(method: Method) -> dict[str, Any] | None:
    """The task that runs or is about to; upstream itself does not know one that was submitted a moment ago."""
    return next((task for task in tasks(method) if not _has_ended(method, task)), None)


def stop_task(method: Method) -> dict[str, Any] | None:
    """Stops the active task and returns it once its process is gone, so that the next can start; None when there is none."""
    task = active_task(method)
    if task is None:
        return None
    # one that has no process yet cannot be stopped: upstream would say that there is none, and it would go on
    _wait(lambda: task["id"] in processes(method) or _has_ended(method, task), STOP_TAKES_AT_MOST)
    process = processes(method).get(task["id"])
    stopped: dict[str, Any] | None = stop_background_task(method)
    _wait(lambda: process is None or process.poll() is not None, STOP_TAKES_AT_MOST)
    return stopped


def stop_every_task() -> None:
    """Ends every process at once, for a server that ends itself."""
    for method in ("train", "batch_infer"):
        stop_background_task(method)


def wait_for_end(method: Method, task: dict[str, Any]) -> None:
    """Returns once the task has ended and tells how."""
    _wait(lambda: _has_ended(method, task))
    # upstream tells how it ended a moment later
    _wait(lambda: "end_ts" in task, STOP_TAKES_AT_MOST)


def _has_ended(method: Method, task: dict[str, Any]) -> bool:
    process = processes(method).get(task["id"])
    if process is not None:
        return process.poll() is not None
    submitted = datetime.strptime(task["start_ts"], "%Y-%m-%d %H:%M:%S")
    # after, where the clock was set back
    return task["status"] != "SUBMITTED" or abs(datetime.now() - submitted) > START_TAKES_AT_MOST


def _wait(until: Callable[[], bool], seconds: float = math.inf) -> None:
    end = time.monotonic() + seconds
    while not until() and time.monotonic() < end:
        time.sleep(0.02)
