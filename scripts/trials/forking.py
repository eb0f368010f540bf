"""Processes that find their imports done: most of what a process of this app computes before it begins."""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import psutil

IMPORTS = [
    "monailabel.main",
    "monailabel.app",
    "fetal_head.cli",
    "fetal_head.learning.retraining",
    "fetal_head.server.application",
    "fetal_head.store.study",
    "fetal_head.tasks.train",
]
_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(IMPORTS)


def fork(function: Callable[[], object], arguments: Sequence[str], log: Path) -> psutil.Process:
    """Calls `function` with these arguments of the command line in a process of its own, in the log's folder."""
    process = _FORKS.Process(target=_call, args=(function, list(arguments), log), daemon=True)
    process.start()
    return psutil.Process(process.pid)


def prepare() -> None:
    """Does the imports, which otherwise the first call of `fork` would wait for."""
    process = _FORKS.Process(target=int)
    process.start()
    process.join()


def has_ended(process: psutil.Process) -> bool:
    """Whether a process is gone, waited for or not."""
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def serve() -> None:
    """`monailabel ...`."""
    from monailabel.main import Main

    Main().run()


def fetal_head() -> None:
    """`fetal-head ...`."""
    from fetal_head.cli import main

    main()


def _call(function: Callable[[], object], arguments: list[str], log: Path) -> None:
    with log.open("ab") as output:
        for stream in (1, 2):
            os.dup2(output.fileno(), stream)
    os.chdir(log.parent)
    sys.argv[1:] = arguments
    function()
