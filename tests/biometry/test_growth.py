"""Where a length stands among fetuses of its age."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from fetal_head.biometry.gestational_age import intergrowth_weeks
from fetal_head.biometry.growth import BPD, HC, LV, OFD, Standard

STANDARDS = {"HC": HC, "BPD": BPD, "OFD": OFD, "LV": LV}


def test_published_values_at_twenty_weeks() -> None:
    assert (HC.mean(20), HC.sd(20)) == pytest.approx((172.5, 7.4), abs=0.05)
    assert (LV.mean(20), LV.sd(20)) == pytest.approx((6.31, 1.36), abs=0.005)


@pytest.mark.parametrize(
    ("name", "at_20", "at_34"),
    [
        ("HC", (172.480, 7.440), (308.105, 10.101)),
        ("BPD", (48.446, 2.298), (87.916, 3.317)),
        ("OFD", (60.690, 2.777), (108.018, 4.468)),
        ("LV", (6.310, 1.356), (5.589, 1.835)),
    ],
)
def test_another_implementation_says_the_same(name: str, at_20: tuple[float, float], at_34: tuple[float, float]) -> None:
    """Against the equations in the R package gigs of the London School of Hygiene & Tropical Medicine."""
    for weeks, (mean, sd) in ((20, at_20), (34, at_34)):
        assert STANDARDS[name].mean(weeks) == pytest.approx(mean, abs=0.0006)
        assert STANDARDS[name].sd(weeks) == pytest.approx(sd, abs=0.0006)


@pytest.mark.parametrize("weeks", range(15, 40))
def test_head_standards_fit_each_other(weeks: int) -> None:
    """HC is about pi (BPD + OFD) / 2, and a head varies by a few percent: a wrong digit in a curve breaks one of the two."""
    assert math.pi * (BPD.mean(weeks) + OFD.mean(weeks)) / 2 == pytest.approx(HC.mean(weeks), rel=0.012)
    for standard in (HC, BPD, OFD):
        assert 0.03 < standard.sd(weeks) / standard.mean(weeks) < 0.06


@given(st.sampled_from(sorted(STANDARDS)), st.floats(15, 36), st.floats(-4, 4))
def test_centile_and_z_lead_back_to_each_other(name: str, weeks: float, z: float) -> None:
    standard = STANDARDS[name]
    length = standard.mean(weeks) + z * standard.sd(weeks)
    assert standard.z_score(length, weeks) == pytest.approx(z, abs=1e-9)
    centile = standard.centile(length, weeks)
    assert centile is not None
    assert norm.ppf(centile / 100) == pytest.approx(z, abs=1e-6)


def test_centiles_are_percent() -> None:
    assert HC.centile(HC.mean(30), 30) == pytest.approx(50)
    assert HC.centile(HC.mean(30) - 1.881 * HC.sd(30), 30) == pytest.approx(3, abs=0.01)


@pytest.mark.parametrize(("name", "first", "last"), [("HC", 14, 40), ("BPD", 14, 40), ("OFD", 14, 40), ("LV", 15, 36)])
def test_no_score_beyond_the_ages_of_the_standard(name: str, first: float, last: float) -> None:
    standard: Standard = STANDARDS[name]
    for weeks in (first, last):
        assert standard.z_score(standard.mean(weeks), weeks) == 0
    for weeks in (first - 0.01, last + 0.01, 0, -20, math.nan, None):
        assert standard.z_score(50, weeks) is None
        assert standard.centile(50, weeks) is None
    assert standard.z_score(None, first) is None


@given(st.floats(110, 310))
def test_an_age_from_hc_says_nothing_of_hc(hc: float) -> None:
    """Why z-scores need an age from dating: against its own age every head is of mean size."""
    z = HC.z_score(hc, intergrowth_weeks(hc))
    assert z is not None
    assert abs(z) < 0.35
