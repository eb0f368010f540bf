"""Who has right of way: predictions that somebody waits for, before work that nobody does."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

# somebody who was given a prediction just now is likely to ask for the next one
QUIET_SECONDS = 0.5
PATIENCE_SECONDS = 10.0


class Traffic:
    """Counts what passes, so that others can wait until nothing does."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._passing = 0
        self._last = -QUIET_SECONDS

    @contextmanager
    def passing(self) -> Iterator[None]:
        """Around what has right of way; it waits for nobody."""
        with self._changed:
            self._passing += 1
        try:
            yield
        finally:
            with self._changed:
                self._passing -= 1
                self._last = time.monotonic()
                self._changed.notify_all()

    def wait_until_quiet(self) -> None:
        """Returns once nothing has passed for a moment, or after PATIENCE_SECONDS: a busy server must come to it as well."""
        end = time.monotonic() + PATIENCE_SECONDS
        with self._changed:
            while (self._passing or self._left() > 0) and (patience := end - time.monotonic()) > 0:
                self._changed.wait(patience if self._passing else min(patience, self._left()))

    def _left(self) -> float:
        return self._last + QUIET_SECONDS - time.monotonic()
