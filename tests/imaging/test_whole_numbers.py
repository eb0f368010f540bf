"""What fits is what it was, everything else keeps its order."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_array_equal
from pydicom import dcmread

from fetal_head.imaging import read_image
from fetal_head.imaging.whole_numbers import eight_bits, whole_numbers
from pictures import speckle, write_dicom, write_itk, write_picture

SHAPES = st.tuples(st.integers(1, 8), st.integers(1, 8))


@given(arrays(np.uint8, SHAPES))
def test_eight_bits_stay_as_they_are(pixels: np.ndarray) -> None:
    assert_array_equal(eight_bits(pixels.astype(np.float32)), pixels)


@given(arrays(np.float32, SHAPES, elements=st.floats(-1e6, 1e6, width=32)))
def test_order_is_kept(image: np.ndarray) -> None:
    order = np.argsort(image.ravel(), kind="stable")
    assert (np.diff(eight_bits(image).ravel()[order].astype(int)) >= 0).all()


def test_colours_keep_their_luma(tmp_path: Path) -> None:
    colours = np.stack([speckle(60, 90, seed=s) for s in range(3)], axis=-1)
    image, _ = read_image(write_picture(tmp_path / "a.png", colours))
    assert_array_equal(image, np.rint(colours @ [299, 587, 114] / 1000))
    assert_array_equal(eight_bits(image), image)
    assert_array_equal(whole_numbers(image), image)


@pytest.mark.parametrize("name", ["a.png", "a.nrrd", "a.dcm"])
def test_sixteen_bits_take_the_whole_range(tmp_path: Path, name: str) -> None:
    wide = speckle(60, 90).astype(np.uint16) * 100 + 3000
    write = write_dicom if name.endswith("dcm") else write_itk if name.endswith("nrrd") else write_picture
    shown = eight_bits(read_image(write(tmp_path / name, wide))[0])
    assert (shown.min(), shown.max()) == (0, 255)
    assert np.corrcoef(shown.ravel(), wide.ravel())[0, 1] > 0.9999


@pytest.mark.parametrize("scale", [1 / 255, 25 / 255, 0.7123, 0.005, 0.01, 0.1, 0.125])
def test_fractions_are_not_rounded_away(scale: float) -> None:
    pixels = speckle(60, 90)
    shown = eight_bits(pixels.astype(np.float32) * np.float32(scale))
    assert len(np.unique(shown)) == len(np.unique(pixels))


@pytest.mark.parametrize("slope", ["0.01", "0.1"])
def test_a_rescaled_picture_keeps_its_greys(tmp_path: Path, slope: str) -> None:
    pixels = speckle(60, 90)
    dataset = dcmread(write_dicom(tmp_path / "a.dcm", pixels))
    dataset.RescaleSlope, dataset.RescaleIntercept = slope, "0"
    dataset.save_as(tmp_path / "a.dcm")
    image, _ = read_image(tmp_path / "a.dcm")
    for kept in (eight_bits(image), whole_numbers(image)):
        assert len(np.unique(kept)) == len(np.unique(pixels))


def test_one_grey_is_black_or_itself() -> None:
    assert (eight_bits(np.full((2, 2), 7, dtype=np.float32)) == 7).all()
    assert (eight_bits(np.full((2, 2), 7000, dtype=np.float32)) == 0).all()


@given(arrays(np.uint8, SHAPES) | arrays(np.uint16, SHAPES))
def test_whole_numbers_stay_as_they_are(pixels: np.ndarray) -> None:
    assert_array_equal(whole_numbers(pixels.astype(np.float32)), pixels)
    assert whole_numbers(pixels).dtype == (np.uint8 if pixels.max() <= 255 else np.uint16)


@given(arrays(np.float32, SHAPES, elements=st.floats(-1e6, 1e6, width=32)))
def test_order_is_kept_in_sixteen_bits(image: np.ndarray) -> None:
    order = np.argsort(image.ravel(), kind="stable")
    assert (np.diff(whole_numbers(image).ravel()[order].astype(int)) >= 0).all()


@pytest.mark.parametrize("scale", [0.5 / 255, 3 / 255, 6 / 255, 0.01, 0.02, 0.1, -1.0, 1000.3])
def test_what_rounding_would_spoil_takes_the_whole_range(scale: float) -> None:
    pixels = speckle(60, 90)
    kept = whole_numbers(pixels.astype(np.float32) * np.float32(scale))
    assert (kept.dtype, kept.min(), kept.max()) == (np.uint16, 0, 65535)
    assert len(np.unique(kept)) == len(np.unique(pixels))


def test_fractions_beyond_eight_bits_are_rounded() -> None:
    assert_array_equal(whole_numbers(np.array([[0.4, 4095.6]], dtype=np.float32)), np.array([[0, 4096]], dtype=np.uint16))


def test_fractions_up_to_the_brightest_of_eight_bits_take_the_whole_range() -> None:
    assert_array_equal(whole_numbers(np.array([[0, 0.7, 255]], dtype=np.float32)), [[0, 180, 65535]])
