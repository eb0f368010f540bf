"""What comes next, made while what came before is used."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


def ahead(items: Iterable[T]) -> Iterator[T]:
    """The items in their order, each made by a thread while the one before it is used; never more than one is waiting.

    An error in making one comes when it is its turn. (`monai.data.ThreadBuffer` ends there as if there were no more.)
    """
    left, end = iter(items), object()
    with ThreadPoolExecutor(1) as thread:
        waiting = thread.submit(next, left, end)
        while (item := waiting.result()) is not end:
            waiting = thread.submit(next, left, end)
            yield item  # type: ignore[misc]
