"""At most one training at a time in a folder of models, whoever starts it."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from filelock import FileLock, Timeout

from fetal_head.files import clear_strays, write_text

LOCK = "training.lock"
HOLDER = "training.json"
# who only looks whether a training runs holds the lock for an instant; a training that starts just then waits so many seconds
PATIENCE = 1.0


@dataclass(frozen=True)
class Running:
    """A running training: its process, and since when (local date and time). None while it has not said so yet."""

    pid: int | None = None
    started: str | None = None


class AlreadyTrainingError(OSError):
    """Another training runs in the folder; `running` tells which one."""

    def __init__(self, running: Running) -> None:
        self.running = running
        who = f" in process {running.pid} since {running.started}" if running.pid else ""
        super().__init__(f"a training already runs{who}: wait for its end or stop it, then train again")


@contextmanager
def only_training(folder: Path) -> Iterator[None]:
    """Holds the folder's one place for a training until the block or its process ends, however it ends.

    The place is a lock of the operating system on a file, so a file that a killed training left behind holds nobody up.
    What it was just writing is cleared away.

    Raises:
        AlreadyTrainingError: another process, or another thread of this one, holds it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / LOCK)
    try:
        lock.acquire(timeout=PATIENCE)
    except Timeout as error:
        raise AlreadyTrainingError(_holder(folder)) from error
    try:
        # of one that was killed: until this one has said so, nobody knows who trains
        (folder / HOLDER).unlink(missing_ok=True)
        clear_strays(folder)
        now = datetime.now().isoformat(sep=" ", timespec="seconds")
        write_text(folder / HOLDER, json.dumps(asdict(Running(os.getpid(), now))))
        yield
    finally:
        (folder / HOLDER).unlink(missing_ok=True)
        lock.release()


def running(folder: Path) -> Running | None:
    """The training that runs in the folder, None when there is none."""
    try:
        with (folder / LOCK).open() as lock:
            # shared: of several who look at once none takes another for a training
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return None
    except BlockingIOError:
        return _holder(folder)
    return None


def _holder(folder: Path) -> Running:
    try:
        return Running(**json.loads((folder / HOLDER).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return Running()
