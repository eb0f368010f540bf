"""Callipers outer to outer, and outer to inner."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fetal_head.biometry.bpd import outer_inner, outer_outer


@given(st.floats(20, 110))
def test_one_way_leads_back_from_the_other(bpd: float) -> None:
    assert outer_outer(outer_inner(bpd)) == pytest.approx(bpd)
    assert outer_inner(outer_outer(bpd)) == pytest.approx(bpd)


@given(st.floats(25, 110))
def test_inner_is_a_skull_thinner_and_agrees_with_the_other_published_line(bpd: float) -> None:
    assert 1 < bpd - outer_inner(bpd) < 4
    assert outer_inner(bpd) == pytest.approx(-0.403458 + 0.9714153 * bpd, abs=0.1)


def test_published_line() -> None:
    assert outer_outer(50) == pytest.approx(0.556 + 1.02732 * 50, abs=0.001)
