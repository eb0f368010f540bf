"""Only what belongs together is measured, whoever drew it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_array_equal

from fetal_head.biometry import measure
from fetal_head.biometry.calipers import calipers
from fetal_head.biometry.ellipse import Ellipse
from fetal_head.biometry.regions import regions_of as biometry_regions_of
from fetal_head.imaging.mask import largest_component, without_holes

SHAPE = (440, 560)
SPACING = (0.2, 0.25)
HEAD = Ellipse((280, 220), 400, 310, 0.2)
CSP = Ellipse((220, 200), 40, 20, 0.2)
LV = Ellipse((340, 270), 70, 30, 0.4)


def _mask() -> np.ndarray:
    mask = np.zeros(SHAPE, dtype=np.uint8)
    for value, ellipse in enumerate((HEAD, CSP, LV), start=1):
        mask[ellipse.region(SHAPE)] = value
    return mask


@settings(max_examples=25)
@given(st.sampled_from([1, 2, 3]), st.integers(0, 49), st.integers(0, 559))
def test_a_stray_pixel_is_flagged_and_measures_nothing(value: int, row: int, column: int) -> None:
    mask = _mask()
    clean = measure(mask, SPACING)
    mask[row, column] = value
    found = measure(mask, SPACING)
    assert found.flags == ("in_pieces", *clean.flags)
    assert (found.hc, found.bpd, found.csp_width, found.lv_width) == (clean.hc, clean.bpd, clean.csp_width, clean.lv_width)
    assert calipers(mask, SPACING) == calipers(_mask(), SPACING)


def test_of_both_ventricles_the_larger_one_is_measured() -> None:
    mask = _mask()
    clean = measure(mask, SPACING)
    mask[Ellipse((340, 160), 60, 26, 0.1).region(SHAPE)] = 3
    found = measure(mask, SPACING)
    assert found.in_pieces
    assert found.lv_width == clean.lv_width


def test_pixels_that_meet_at_a_corner_are_one_piece() -> None:
    mask = _mask()
    mask[mask == 2] = 1
    for step in range(20):
        mask[200 + step, 200 + step] = 2
    assert not measure(mask, SPACING).in_pieces


@pytest.mark.parametrize("inside", [(), (CSP, LV)])
def test_a_head_drawn_as_its_outline_is_measured_as_a_head(inside: tuple[Ellipse, ...]) -> None:
    mask = _mask()
    hollow = Ellipse(HEAD.centre, HEAD.major - 12, HEAD.minor - 12, HEAD.angle).region(SHAPE)
    for ellipse in inside:
        hollow &= ~ellipse.region(SHAPE)
    mask[hollow] = 0
    found, whole = measure(mask, SPACING), measure(_mask(), SPACING)
    assert (found.hc, found.bpd, found.in_pieces) == (whole.hc, whole.bpd, False)


def test_holes_where_ventricles_would_be_take_nothing_from_the_head() -> None:
    mask = _mask()
    mask[mask == 3] = 0
    assert measure(mask, SPACING).hc == measure(_mask(), SPACING).hc


@pytest.mark.parametrize("left", [np.s_[270, 376:379], np.s_[5, 5], np.s_[255:275, 290:330]])
def test_what_is_left_of_a_brain_makes_no_head_of_a_ventricle(left: tuple[int, int]) -> None:
    mask = _mask()
    mask[mask == 1] = 0
    without = measure(mask, SPACING)
    mask[left] = np.maximum(mask[left], 1)
    found = measure(mask, SPACING)
    assert (found.hc, found.bpd, found.csp_width, found.head_cut) == (None, None, None, False)
    assert found.lv_width == without.lv_width
    assert found.flags == ("in_pieces", *without.flags)
    assert [line.name for line in calipers(mask, SPACING)] == ["lv_width"]


def test_a_head_with_large_ventricles_is_a_head() -> None:
    mask = _mask()
    mask[Ellipse((290, 220), 270, 200, 0.2).region(SHAPE)] = 3
    assert measure(mask, SPACING).hc == measure(_mask(), SPACING).hc


@settings(max_examples=200)
@given(arrays(np.bool_, st.tuples(st.integers(1, 6), st.integers(1, 7))))
def test_no_short_cut_changes_what_is_measured(region: np.ndarray) -> None:
    found = biometry_regions_of(np.pad(np.where(region, 3, 0).astype(np.uint8), 1))
    assert_array_equal(found.lv[1:-1, 1:-1], largest_component(region, diagonal=True))
    head = biometry_regions_of(np.pad(region.astype(np.uint8), 1)).head[1:-1, 1:-1]
    assert_array_equal(head, largest_component(without_holes(region), diagonal=True))
