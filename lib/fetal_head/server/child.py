"""A child process of the server that ends with it."""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from collections.abc import Callable
from types import FrameType

import psutil

PARENT = "FETAL_HEAD_SERVER_PID"
EVERY_SECONDS = 0.5

logger = logging.getLogger(__name__)


def announce_parent() -> None:
    """Called in the server: every child that it starts from now on can tell whose child it is.

    A child that asks the system for its parent may ask too late: importing torch takes seconds, in which the server can die.
    """
    os.environ[PARENT] = str(os.getpid())


def die_with_parent() -> None:
    """Called in a child: ends this process within a second of the server's end, however that ends.

    Does nothing in a process that no server started. The end is abrupt: only what is written atomically is safe.
    """
    parent = int(os.environ.get(PARENT, os.getpid()))
    if parent != os.getpid():
        threading.Thread(target=_watch, args=(parent,), name="parent", daemon=True).start()


def before_interrupt(end_children: Callable[[], object]) -> None:
    """Called in the server: Ctrl-C ends its children first and then the server as SIGTERM does; once more ends it at once.

    Under `monailabel start_server` Python would come to its own end, at which it waits for every thread, also for the one in
    which upstream waits for a training, and aborts the process where one is in a network.
    """

    def interrupt(number: int, frame: FrameType | None) -> None:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        end_children()
        signal.raise_signal(signal.SIGTERM)

    # only the main thread may say what a signal does; a server that runs in another one is not ended by Ctrl-C either
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, interrupt)


def _watch(pid: int) -> None:
    try:
        parent = psutil.Process(pid)
        # a killed process that nobody has waited for yet still has its id
        while parent.is_running() and parent.status() != psutil.STATUS_ZOMBIE:
            time.sleep(EVERY_SECONDS)
    except psutil.NoSuchProcess:
        pass
    logger.error("the server (process %d) is gone: its training stops", pid)
    os._exit(1)
