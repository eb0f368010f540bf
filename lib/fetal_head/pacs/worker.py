"""What goes on between a study folder and its PACS in the background."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from filelock import FileLock

from fetal_head.config import PacsSettings
from fetal_head.pacs.client import Pacs
from fetal_head.pacs.failures import wait_after
from fetal_head.pacs.pull import Puller
from fetal_head.pacs.push import Pusher
from fetal_head.pseudonym import without_file
from fetal_head.store.store import Store

PUSH_EVERY_SECONDS = 1.0
# a PACS that is away is asked again after this, then after twice as long, and so on
FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS = 2.0, 300.0
# to look through many thousand labels takes a while; of the time no more than this share goes into it
LARGEST_SHARE = 0.2

logger = logging.getLogger(__name__)


def start_workers(url: str, store: Store, settings: PacsSettings) -> None:
    """Takes in images and sends labels from now on. Raises ValueError when a file of the settings cannot be read."""
    puller = Puller(Pacs(url, settings), store, settings)
    Worker("pull", store, puller.pull, settings.pacs_poll_seconds).start()
    if settings.pacs_push:
        pusher = Pusher(Pacs(url, settings), store, settings)
        Worker("push", store, pusher.push, PUSH_EVERY_SECONDS).start()


class Worker(threading.Thread):
    """Does one thing again and again, one of each kind for a study, however many servers look after it."""

    def __init__(self, kind: str, store: Store, work: Callable[[], None], every: float) -> None:
        super().__init__(name=f"PACS {kind}", daemon=True)
        self._lock = store.layout.hidden / f"pacs-{kind}.lock"
        self._work = work
        self._every = every
        self._told = ""

    def run(self) -> None:
        """Works until the process ends."""
        # a lock of the operating system, so that it vanishes with its process
        with FileLock(self._lock).acquire(poll_interval=FIRST_WAIT_SECONDS):
            failures = 0
            while True:
                started = time.monotonic()
                failures = 0 if self._try() else failures + 1
                time.sleep(self.pause(failures, time.monotonic() - started))

    def pause(self, failures: int, took: float) -> float:
        """Seconds until the next time, after so many failures in a row, or after it took so long."""
        if failures:
            return wait_after(failures, FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS)
        return max(self._every, min(took / LARGEST_SHARE - took, LONGEST_WAIT_SECONDS))

    def _try(self) -> bool:
        try:
            self._work()
        except Exception as error:  # whatever it is, the next time may go well
            if str(error) != self._told:
                self._told = str(error)
                logger.warning("%s: %s; nothing is lost, it is tried again", self.name, without_file(error))
            return False
        if self._told:
            self._told = ""
            logger.info("%s: it goes on", self.name)
        return True
