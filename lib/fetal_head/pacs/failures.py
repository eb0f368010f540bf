"""What went wrong with one thing, and when it is worth another try."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Hashable

from fetal_head.pacs.errors import PacsAwayError
from fetal_head.store.errors import StoreError

# after this, then after twice as long, and so on: a PACS may be told otherwise, while what is damaged stays so and can be large
FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS = 60.0, 4 * 3600.0
# what the store answers when it does not take this one thing
NOT_THIS_ONE = 422


def wait_after(failures: int, first: float, longest: float) -> float:
    """Seconds until it is worth another try after so many failures in a row: from `first` on twice as long each time."""
    return min(first * 2.0 ** min(failures - 1, 20), longest)


def is_of_all(error: Exception) -> bool:
    """Whether the PACS is away or the disk or a database does not work, so that nothing else would go well either."""
    if isinstance(error, StoreError):
        return error.status_code != NOT_THIS_ONE
    # what decoders raise as an OSError has no number of the operating system
    return isinstance(error, PacsAwayError | sqlite3.Error) or (isinstance(error, OSError) and error.errno is not None)


def sentence_of(error: Exception) -> str:
    """What an error says; one that nobody expected by its kind, too."""
    return str(error) if isinstance(error, ValueError) else f"{type(error).__name__}: {error}"


class Failures:
    """What failed, until this process ends."""

    def __init__(self) -> None:
        self._known: dict[Hashable, tuple[int, float, str]] = {}

    def note(self, what: Hashable, sentence: str) -> bool:
        """It has failed now. Whether that, and why, is news."""
        times, _, told = self._known.get(what, (0, 0.0, ""))
        self._known[what] = times + 1, time.monotonic(), sentence
        return sentence != told

    def forget(self, what: Hashable) -> None:
        """It went well."""
        self._known.pop(what, None)

    def wait(self, what: Hashable) -> float | None:
        """Seconds until it is worth another try, 0 once it is; None for what has not failed."""
        if what not in self._known:
            return None
        times, at, _ = self._known[what]
        return max(0.0, at + wait_after(times, FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS) - time.monotonic())
