"""A mask that anatomy allows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import ndimage

from fetal_head.model.postprocessing import confidence, to_mask

planes = arrays(np.float32, (3, 24, 32), elements=st.floats(0, 1, width=32))


@settings(max_examples=50)
@given(planes)
def test_one_part_each_and_all_inside_the_head(probabilities: np.ndarray) -> None:
    mask = to_mask(probabilities, 0.5)
    assert mask.dtype == np.uint8
    assert set(np.unique(mask)) <= {0, 1, 2, 3}
    for region in (mask > 0, mask == 2, mask == 3):
        assert ndimage.label(region)[1] <= 1
    head = ndimage.binary_fill_holes(probabilities[0] > 0.5)
    assert not (mask > 0)[~head].any()


def test_an_lv_claimed_on_the_csp_takes_neither_away() -> None:
    probabilities = np.zeros((3, 20, 40), np.float32)
    probabilities[0] = 0.9
    probabilities[1, 5:8, 5:15] = 0.7
    probabilities[2, 4:9, 4:16] = 0.95
    probabilities[2, 12:17, 20:30] = 0.8
    mask = to_mask(probabilities, 0.5)
    assert (mask[5:8, 5:15] == 2).all()
    assert (mask[12:17, 20:30] == 3).sum() == 50


def test_what_both_claim_is_the_csps_and_confidence_is_the_mean() -> None:
    probabilities = np.zeros((3, 20, 20), np.float32)
    probabilities[0, 2:18, 2:18] = 0.9
    probabilities[1, 5:10, 5:10] = 0.8
    probabilities[2, 5:10, 8:15] = 0.95
    probabilities[2, 0, 0] = 1.0
    mask = to_mask(probabilities, 0.5)
    assert (mask[5:10, 5:10] == 2).all()
    assert (mask[5:10, 10:15] == 3).all()
    assert mask[0, 0] == 0
    found = confidence(probabilities, mask)
    assert found["CSP"] == pytest.approx(0.8)
    assert found["LV"] == pytest.approx(0.95)
    assert confidence(np.zeros((3, 20, 20), np.float32), np.zeros((20, 20), np.uint8)) == {"BRAIN": None, "CSP": None, "LV": None}
