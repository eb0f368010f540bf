"""A mask that anatomy allows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import ndimage

from fetal_head.biometry.ellipse import Ellipse
from fetal_head.imaging import Mask
from fetal_head.model.frame import Frame
from fetal_head.model.postprocessing import confidence, regions_of, to_mask


def _drawn(probabilities: np.ndarray, frame: Frame | None = None, shape: tuple[int, int] | None = None) -> Mask:
    """The mask of probabilities in a frame, by default the image itself."""
    rows, columns = probabilities.shape[1:]
    frame = frame or Frame(((columns - 1) / 2, (rows - 1) / 2), 0.0, 1.0)
    return to_mask(probabilities, regions_of(probabilities, 0.5, 0.0), frame, shape or (rows, columns), 0.5)


# the way through the frame rounds: just at the threshold either answer is right
probability = st.floats(0, 0.4375, width=32) | st.floats(0.5625, 1, width=32)
planes = arrays(np.float32, (3, 24, 32), elements=probability)


@settings(max_examples=50)
@given(planes)
def test_one_part_each_and_all_inside_the_head(probabilities: np.ndarray) -> None:
    mask = _drawn(probabilities)
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
    mask = _drawn(probabilities)
    assert (mask[5:8, 5:15] == 2).all()
    assert (mask[12:17, 20:30] == 3).sum() == 50


def test_what_both_claim_is_the_csps_and_confidence_is_the_mean() -> None:
    probabilities = np.zeros((3, 20, 20), np.float32)
    probabilities[0, 2:18, 2:18] = 0.9
    probabilities[1, 5:10, 5:10] = 0.8
    probabilities[2, 5:10, 8:15] = 0.95
    probabilities[2, 0, 0] = 1.0
    mask = _drawn(probabilities)
    assert (mask[5:10, 5:10] == 2).all()
    assert (mask[5:10, 10:15] == 3).all()
    assert mask[0, 0] == 0
    regions = regions_of(probabilities, 0.5, 0.0)
    found = confidence(probabilities, regions, mask)
    assert found["CSP"] == pytest.approx(0.8)
    assert found["LV"] == pytest.approx(0.95)
    nothing = np.zeros((20, 20), np.uint8)
    assert confidence(probabilities, regions, nothing) == {"BRAIN": None, "CSP": None, "LV": None}


@pytest.mark.parametrize("index", [1, 2])
def test_a_speck_is_no_structure(index: int) -> None:
    probabilities = np.zeros((3, 40, 50), np.float32)
    probabilities[0] = 0.9
    probabilities[index, 20, 20:24] = 0.99
    assert regions_of(probabilities, 0.5, 0.002)[index].sum() == 4
    assert not regions_of(probabilities, 0.5, 0.0021)[index].any()


frames = st.builds(Frame, st.tuples(st.floats(-20, 120), st.floats(-20, 90)), st.floats(-1.5, 1.5), st.floats(0.2, 2))


@settings(max_examples=50)
@given(planes, frames)
def test_in_any_frame_one_part_each_and_all_inside_the_head(probabilities: np.ndarray, frame: Frame) -> None:
    mask = _drawn(probabilities, frame, (70, 100))
    for region in (mask > 0, mask == 2, mask == 3):
        assert ndimage.label(region)[1] <= 1


@settings(max_examples=30)
@given(st.floats(-1.5, 1.5), st.floats(0.15, 0.6), st.integers(0, 2))
def test_an_outline_lies_in_the_image_where_the_probability_crosses_the_threshold(angle: float, scale: float, index: int) -> None:
    frame, shape, size = Frame((200.0, 150.0), angle, scale), (300, 400), (96, 128)
    y, x = np.mgrid[: size[0], : size[1]]
    probabilities = np.zeros((3, *size), np.float32)
    probabilities[0] = 0.9
    # a disc of radius 12 with a smooth rim: the threshold is crossed between pixels
    probabilities[index] = np.clip(0.5 + (12 - np.hypot(x - 63.5, y - 47.5)) / 4, 0, 1)
    region = _drawn(probabilities, frame, shape) == index + 1
    disc = Ellipse((200.0, 150.0), 24 / scale, 24 / scale, 0.0).region(shape)
    assert (region ^ disc).sum() < 0.02 * disc.sum() + 4


def test_what_the_network_takes_out_of_the_head_is_in_it_all_the_same() -> None:
    probabilities = np.zeros((3, 20, 40), np.float32)
    probabilities[0, 2:18, 2:38] = 0.9
    probabilities[0, 5:10, 5:12] = probabilities[0, 5:10, 20:27] = 0.1
    probabilities[1, 5:10, 5:12] = 0.8
    assert regions_of(probabilities, 0.5, 0.0).sum(axis=(1, 2)).tolist() == [16 * 36, 5 * 7, 0]
    mask = _drawn(probabilities)
    assert (mask[5:10, 5:12] == 2).all()
    assert (mask > 0).sum() == 16 * 36


def test_a_ventricle_of_which_the_head_cuts_out_a_part_is_in_one_piece() -> None:
    probabilities = np.zeros((3, 40, 60), np.float32)
    probabilities[0] = 0.9
    probabilities[2, 10:36, 18:24] = probabilities[2, 10:36, 36:40] = probabilities[2, 31:36, 18:40] = 0.9
    regions, frame = regions_of(probabilities, 0.5, 0.0), Frame((29.5, 19.5), 0.0, 1.0)
    mask = to_mask(probabilities, regions, frame, (40, 60), 0.5, Ellipse((29.5, 14.0), 58.0, 30.0, 0.0))
    assert ndimage.label(mask == 3)[1] == 1
