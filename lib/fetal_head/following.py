"""Processes that leave Ctrl-C to the one that started them, and do not outlive it."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


def end_with_first() -> None:
    """Called in a process of `multiprocessing`: it ends when the first one does, however that ends.

    The end is abrupt: only what is written atomically is safe.
    """
    threading.Thread(target=_follow, name="first process", daemon=True).start()


@contextmanager
def deaf() -> Iterator[None]:
    """A process that begins in here hears no Ctrl-C, which a thread other than the main one cannot see to."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    # Ctrl-C reaches all processes of a terminal: the first one ends the others, which have nothing to say to it, and are to
    # know that before they import for seconds
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _follow() -> None:
    first = multiprocessing.parent_process()
    assert first is not None
    first.join()
    os._exit(1)
