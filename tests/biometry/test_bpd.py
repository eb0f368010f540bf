"""Callipers outer to outer, and outer to inner."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fetal_head.biometry.bpd import outer_inner


@given(st.floats(25, 110))
def test_inner_is_a_skull_thinner_and_agrees_with_the_other_published_line(bpd: float) -> None:
    assert 1 < bpd - outer_inner(bpd) < 4
    assert outer_inner(bpd) == pytest.approx(-0.403458 + 0.9714153 * bpd, abs=0.1)


def test_published_line() -> None:
    assert outer_inner(0.555934 + 1.027318 * 50) == pytest.approx(50)


@pytest.mark.parametrize("speck", [0.0, 0.1, 0.555934])
def test_a_speck_has_none(speck: float) -> None:
    assert outer_inner(speck) is None
