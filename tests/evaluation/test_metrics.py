from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.ndimage import binary_erosion
from scipy.spatial.distance import cdist

from fetal_head.evaluation.metrics import Agreement, Region, agreement

SHAPE = (13, 17)
regions = arrays(np.bool_, SHAPE)
millimetres = st.floats(0.05, 2)
spacings = st.tuples(millimetres, millimetres)


@settings(max_examples=50)
@given(regions, spacings)
def test_a_region_agrees_with_itself(region: Region, spacing: tuple[float, float]) -> None:
    assume(region.any())
    same = agreement(region, region, spacing)
    assert (same.dice, same.iou, same.sensitivity, same.precision, same.detection) == (1, 1, 1, 1, 1)
    assert (same.hd95, same.asd, same.hd95_mm, same.asd_mm, same.false_presence) == (0, 0, 0, 0, None)


@settings(max_examples=50)
@given(regions, regions, spacings)
def test_who_is_compared_with_whom_matters_for_sensitivity_and_precision_alone(
    a: Region, b: Region, spacing: tuple[float, float]
) -> None:
    assume(a.any() and b.any())
    one, other = agreement(a, b, spacing), agreement(b, a, spacing)
    for metric in ("dice", "iou", "hd95", "asd", "hd95_mm", "asd_mm", "detection"):
        assert getattr(one, metric) == pytest.approx(getattr(other, metric))
    assert (one.sensitivity, one.precision) == (other.precision, other.sensitivity)


@settings(max_examples=50)
@given(st.integers(1, 10), st.integers(1, 10), st.integers(0, 10), spacings)
def test_a_shift_of_a_line_is_its_distance(length: int, column: int, rows: int, spacing: tuple[float, float]) -> None:
    truth, predicted = np.zeros((2, 20, 30), dtype=bool)
    truth[3, column : column + length] = predicted[3 + rows, column : column + length] = True
    found = agreement(predicted, truth, spacing)
    assert (found.hd95, found.asd) == (rows, rows)
    assert (found.hd95_mm, found.asd_mm) == pytest.approx((rows * spacing[0],) * 2)


@settings(max_examples=50)
@given(st.integers(1, 9), st.integers(1, 9), st.integers(0, 9))
def test_a_shift_of_a_block_is_its_overlap(rows: int, columns: int, shift: int) -> None:
    truth, predicted = np.zeros((2, 20, 30), dtype=bool)
    truth[2 : 2 + rows, 3 : 3 + columns] = predicted[2 : 2 + rows, 3 + shift : 3 + shift + columns] = True
    found, both = agreement(predicted, truth), max(0, columns - shift)
    assert found.dice == found.sensitivity == found.precision == both / columns
    assert found.iou == both / (columns + min(columns, shift))
    assert found.detection == (both > 0)


def test_two_pixels_three_rows_and_four_columns_apart() -> None:
    truth, predicted = np.zeros((2, 9, 9), dtype=bool)
    truth[1, 1] = predicted[4, 5] = True
    found = agreement(predicted, truth, (2.0, 0.5))
    assert (found.hd95, found.asd) == (5, 5)
    assert (found.hd95_mm, found.asd_mm) == pytest.approx((40**0.5, 40**0.5))
    assert (found.dice, found.detection, found.seen) == (0, 0, True)


def test_one_stray_pixel_in_a_hundred_is_beyond_the_95th_percentile() -> None:
    truth = np.zeros((60, 110), dtype=bool)
    truth[5, :100] = True
    predicted = truth.copy()
    predicted[55, 50] = True
    found = agreement(predicted, truth)
    assert found.hd95 == 0
    assert found.asd == pytest.approx(50 / 201)


@settings(max_examples=50)
@given(regions, regions, spacings)
def test_distances_are_those_of_all_pairs_of_edge_pixels(a: Region, b: Region, spacing: tuple[float, float]) -> None:
    assume(a.any() and b.any())
    edge_a, edge_b = (np.argwhere(region & ~binary_erosion(region)) * spacing for region in (a, b))
    distances = cdist(edge_a, edge_b)
    there, back = distances.min(axis=1), distances.min(axis=0)
    found = agreement(a, b, spacing)
    assert found.hd95_mm == pytest.approx(max(np.percentile(there, 95), np.percentile(back, 95)), abs=1e-5)
    assert found.asd_mm == pytest.approx(np.concatenate([there, back]).mean(), abs=1e-5)


def test_nothing_true() -> None:
    nothing, something = np.zeros(SHAPE, dtype=bool), np.ones(SHAPE, dtype=bool)
    for predicted, seen in ((nothing, 0), (something, 1)):
        found = agreement(predicted, nothing, (1.0, 1.0))
        assert (found.present, found.seen, found.false_presence) == (False, bool(seen), seen)
        metrics = ("dice", "iou", "sensitivity", "precision", "detection", "hd95", "asd", "hd95_mm", "asd_mm")
        assert {getattr(found, metric) for metric in metrics} == {None}


def test_nothing_predicted() -> None:
    found = agreement(np.zeros(SHAPE, dtype=bool), np.ones(SHAPE, dtype=bool), (1.0, 1.0))
    assert found == Agreement(0, 0, SHAPE[0] * SHAPE[1])
    assert (found.dice, found.iou, found.sensitivity, found.detection) == (0, 0, 0, 0)
    assert (found.precision, found.hd95, found.asd_mm, found.false_presence) == (None, None, None, None)


def test_without_a_pixel_size_there_are_no_millimetres() -> None:
    region = np.eye(9, dtype=bool)
    assert agreement(region, region).hd95_mm is None


def test_regions_of_two_shapes() -> None:
    with pytest.raises(ValueError, match=r"\(2, 3\), the true one \(3, 2\)"):
        agreement(np.ones((2, 3), dtype=bool), np.ones((3, 2), dtype=bool))
