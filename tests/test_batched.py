"""A sequence, some at a time."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from fetal_head.batched import batched


@given(st.lists(st.integers()), st.integers(min_value=1, max_value=20))
def test_all_are_there_in_their_order_and_no_more_at_a_time_than_asked_for(items: list[int], size: int) -> None:
    parts = list(batched(items, size))
    assert [item for part in parts for item in part] == items
    assert all(len(part) == size for part in parts[:-1])
    assert all(0 < len(part) <= size for part in parts)
