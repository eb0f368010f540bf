"""A process that does not outlive the one that started it."""

from __future__ import annotations

import multiprocessing
import os
import threading


def end_with_first() -> None:
    """Called in a process of `multiprocessing`: it ends when the first one does, however that ends.

    The end is abrupt: only what is written atomically is safe.
    """
    threading.Thread(target=_follow, name="first process", daemon=True).start()


def _follow() -> None:
    first = multiprocessing.parent_process()
    assert first is not None
    first.join()
    os._exit(1)
