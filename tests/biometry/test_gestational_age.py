"""Ages from the formulas as they were published."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fetal_head.biometry import growth
from fetal_head.biometry.bpd import outer_inner
from fetal_head.biometry.gestational_age import hadlock_bpd_weeks, hadlock_weeks, intergrowth_weeks


def test_published_ages() -> None:
    assert hadlock_weeks(175) == pytest.approx(20.02, abs=0.005)
    assert intergrowth_weeks(175) == pytest.approx(20.22, abs=0.005)
    assert hadlock_bpd_weeks(50) == pytest.approx(21.14, abs=0.005)
    # the example of Papageorghiou 2016: 189.8 days
    assert intergrowth_weeks(250) == pytest.approx(189.8 / 7, abs=0.05 / 7)


def test_the_wrong_hadlock_of_some_apps_is_not_ours() -> None:
    for hc in (10, 20, 30):
        ours, wrong = hadlock_weeks(10 * hc), 8.96 + 0.540 * hc - 0.0040 * hc**2 + 0.000399 * hc**3
        assert ours is not None
        assert ours - wrong > 0.25


@pytest.mark.parametrize("weeks", [16, 20, 24, 28, 32])
def test_formulas_of_different_studies_agree_on_a_mean_head(weeks: int) -> None:
    """Three regressions, two standards and the change of callipers: a wrong digit or unit in any of them parts them."""
    hc, bpd = growth.HC.mean(weeks), growth.BPD.mean(weeks)
    assert intergrowth_weeks(hc) == pytest.approx(weeks, abs=0.25)
    assert hadlock_weeks(hc) == pytest.approx(weeks, abs=0.6)
    assert hadlock_bpd_weeks(outer_inner(bpd)) == pytest.approx(weeks, abs=0.6)


@pytest.mark.parametrize("formula", [hadlock_weeks, hadlock_bpd_weeks, intergrowth_weeks])
def test_ages_are_those_of_the_fetuses_that_were_measured(formula: Callable[[float], float | None]) -> None:
    ages = [formula(length / 4) for length in range(4 * 600)]
    given = [age for age in ages if age is not None]
    first = ages.index(given[0])
    assert ages[first : first + len(given)] == given == sorted(given), "one stretch of lengths has ages, and they grow with it"
    assert given[0] == pytest.approx(14, abs=0.1)
    assert given[-1] == pytest.approx(42, abs=0.15)
    assert min(given) >= 14
    assert max(given) <= 42


@given(st.floats(0, 20) | st.floats(1001, 1e12))
def test_neither_a_speck_nor_what_is_far_too_large_has_an_age(hc_mm: float) -> None:
    assert hadlock_weeks(hc_mm) is None
    assert hadlock_bpd_weeks(hc_mm) is None
    assert intergrowth_weeks(hc_mm) is None


def test_not_a_number_has_no_age() -> None:
    assert hadlock_weeks(math.nan) is None
    assert intergrowth_weeks(math.nan) is None
