"""Dice, against ITK's."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from fetal_head.overlap import dice

regions = array_shapes(min_dims=2, max_dims=2, max_side=20).flatmap(
    lambda shape: st.tuples(arrays(np.bool_, shape), arrays(np.bool_, shape))
)


@given(regions)
def test_it_is_that_of_itk(both: tuple[np.ndarray, np.ndarray]) -> None:
    first, second = both
    if not (first | second).any():
        assert dice(first, second) is None
        return
    overlap = sitk.LabelOverlapMeasuresImageFilter()
    overlap.Execute(*(sitk.GetImageFromArray(region.astype(np.uint8)) for region in both))
    assert dice(first, second) == dice(second, first) == pytest.approx(overlap.GetDiceCoefficient())
