"""Predictions, a few at a time: more at once would only make all of them late."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from anyio import CapacityLimiter, to_thread
from fastapi import HTTPException

T = TypeVar("T")
RETRY_SECONDS = 5


class Predictions:
    """Runs so many at once and lets so many wait; made and used in the event loop."""

    def __init__(self, at_once: int, waiting: int) -> None:
        self._limiter = CapacityLimiter(at_once)
        self._at_once = at_once
        self._most = at_once + waiting
        self._asked = 0
        self.refused = 0

    @property
    def running(self) -> int:
        """How many run now."""
        return min(self._asked, self._at_once)

    @property
    def waiting(self) -> int:
        """How many wait for their turn."""
        return self._asked - self.running

    async def run(self, work: Callable[[], T]) -> T:
        """What `work` returns, which runs in a thread when it is its turn. Answers 503 when too many wait already."""
        if self._asked >= self._most:
            self.refused += 1
            sentence = "too many predictions are waiting: try again in a few seconds"
            raise HTTPException(503, sentence, headers={"Retry-After": str(RETRY_SECONDS)})
        self._asked += 1
        try:
            return await to_thread.run_sync(work, limiter=self._limiter)
        finally:
            self._asked -= 1
