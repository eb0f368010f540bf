"""Failed sign-ins, counted so that nobody finds a password by trying."""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable

from cachetools import TTLCache
from fastapi import HTTPException

MOST_FAILURES = 10
WITHIN_SECONDS = 15 * 60
# of so many names and addresses
REMEMBERED = 100_000


class Attempts:
    """The failures of names and of addresses within the last quarter of an hour; of any number of threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._failures: TTLCache[str, deque[float]] = TTLCache(REMEMBERED, WITHIN_SECONDS, timer=clock)

    def refuse_too_many(self, *keys: str) -> None:
        """Answers 429, and when to try again, where one of the names or addresses has failed too often."""
        with self._lock:
            self._refuse(keys)

    def failed(self, *keys: str) -> None:
        """Counts a failure of each name or address."""
        with self._lock:
            self._count(keys)

    def begin(self, *keys: str) -> None:
        """Counts one for a failure until `take_back` says otherwise: of those that come at once no more than may fail begin.

        Answers 429 as `refuse_too_many` does.
        """
        with self._lock:
            self._refuse(keys)
            self._count(keys)

    def take_back(self, *keys: str) -> None:
        """What has begun was no failure."""
        with self._lock:
            for key in map(_short, keys):
                if times := self._failures.get(key):
                    times.pop()

    def _refuse(self, keys: Iterable[str]) -> None:
        now = self._clock()
        found = [self._failures[_short(key)] for key in keys if _short(key) in self._failures]
        wait = max((times[0] + WITHIN_SECONDS - now for times in found if len(times) == MOST_FAILURES), default=0)
        if wait > 0:
            sentence = f"too many failed sign-ins; try again in {math.ceil(wait / 60)} minutes"
            raise HTTPException(429, sentence, {"Retry-After": str(math.ceil(wait))})

    def _count(self, keys: Iterable[str]) -> None:
        for key in map(_short, keys):
            # set again, so that it is remembered from now on
            times = self._failures.get(key) or deque(maxlen=MOST_FAILURES)
            self._failures[key] = times
            times.append(self._clock())


def _short(key: str) -> str:
    return key[:200]
