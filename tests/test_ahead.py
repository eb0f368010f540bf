"""Order, errors and breaking off are those of the loop without a thread; but the next item is made meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from fetal_head.ahead import ahead


def test_items_come_in_order_and_in_the_end_there_is_no_more() -> None:
    assert list(ahead(range(100))) == list(range(100))
    assert list(ahead([])) == []
    assert list(ahead([None, 0, ""])) == [None, 0, ""]


def test_the_next_one_is_made_while_one_is_used_and_no_further() -> None:
    made = [threading.Event() for _ in range(3)]

    def items() -> Iterator[int]:
        for number, event in enumerate(made):
            event.set()
            yield number

    coming = ahead(items())
    assert next(coming) == 0
    assert made[1].wait(10)
    assert not made[2].wait(0.1)
    assert list(coming) == [1, 2]


def test_an_error_comes_in_its_turn() -> None:
    coming = ahead(10 // number for number in (2, 1, 0))
    assert (next(coming), next(coming)) == (5, 10)
    with pytest.raises(ZeroDivisionError):
        next(coming)


def test_who_breaks_off_leaves_no_thread() -> None:
    before = threading.active_count()
    for _ in ahead(range(10)):
        break
    assert threading.active_count() == before
