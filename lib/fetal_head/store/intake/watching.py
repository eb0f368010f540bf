"""Watching the study folder while the server runs."""

from __future__ import annotations

import logging
import threading
import time

from fetal_head.pseudonym import without_file
from fetal_head.stamp import Stamp, stamp_of
from fetal_head.store.files.layout import QUIET_SECONDS
from fetal_head.store.intake.scan import take_in
from fetal_head.store.store import Store

EVERY_SECONDS = 0.5
# what is written over in place changes the time of no folder
WHOLE_EVERY_SECONDS = 60.0
# of a large folder's time no more than this share goes into looking at it
LARGEST_SHARE = 0.1

logger = logging.getLogger(__name__)


class Watcher(threading.Thread):
    """Takes in what others do in the folder, within seconds: any file that comes or goes changes the time of its folder.

    One that is written over in place is found within a minute.
    """

    def __init__(self, store: Store) -> None:
        super().__init__(name="study folder", daemon=True)
        self._store = store

    def run(self) -> None:
        """Looks until the process ends."""
        seen: list[Stamp | None] = []
        looked = time.monotonic()
        while True:
            started = time.monotonic()
            try:
                before = self._times()
                if before != seen or started - looked > WHOLE_EVERY_SECONDS:
                    looked = started
                    # what was not quiet yet needs another look
                    seen = before if take_in(self._store, quiet_for=QUIET_SECONDS) and _are_quiet(before) else []
            except Exception as error:  # whatever it is, the next look may go well
                logger.warning("the study folder was not looked at: %s", without_file(error))
            time.sleep(EVERY_SECONDS + (time.monotonic() - started) / LARGEST_SHARE)

    def _times(self) -> list[Stamp | None]:
        layout = self._store.layout
        folders = [layout.folder, layout.labels, *(layout.labels / tag for tag in layout.tags())]
        return [stamp_of(path) for path in (*folders, layout.index)]


def _are_quiet(stamps: list[Stamp | None]) -> bool:
    return all(stamp.is_quiet(2 * QUIET_SECONDS) for stamp in stamps if stamp)
