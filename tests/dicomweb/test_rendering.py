"""Pictures for browsers."""

from __future__ import annotations

import io

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from PIL import Image

from fetal_head.dicomweb.rendering import rendered
from pictures import speckle

PIXELS = speckle(60, 90)


def shown(kind: str = "image/png", **params: str) -> np.ndarray:
    picture = Image.open(io.BytesIO(rendered(PIXELS, kind, params)))
    assert picture.mode == "L"
    return np.asarray(picture)


def test_a_png_has_the_very_pixels() -> None:
    assert_array_equal(shown(), PIXELS)


def test_a_jpeg_is_smaller_where_less_quality_will_do() -> None:
    assert shown("image/jpeg").shape == (60, 90)
    assert len(rendered(PIXELS, "image/jpeg", {"quality": "10"})) < len(rendered(PIXELS, "image/jpeg", {"quality": "95"}))


def test_windows() -> None:
    assert_array_equal(shown(window="128,256"), PIXELS)
    assert_array_equal(shown(window="127.5,255,linear-exact"), PIXELS)
    narrow = shown(window="100,2,LINEAR")
    assert set(np.unique(narrow)) <= {0, 128, 255}
    sigmoid = shown(window="128,100,sigmoid").astype(int)
    assert (np.diff(sigmoid.ravel()[np.argsort(PIXELS.ravel())]) >= 0).all()


def test_viewports() -> None:
    assert shown(viewport="45,45").shape == (30, 45)
    assert shown(viewport="180,180").shape == (120, 180)
    assert_array_equal(shown(viewport="20,10,5,7,20,10"), PIXELS[7:17, 5:25])
    assert_array_equal(shown(viewport="90,60,,,,"), PIXELS)


@pytest.mark.parametrize(
    "params",
    [
        {"quality": "0"},
        {"quality": "101"},
        {"quality": "high"},
        {"window": "1"},
        {"window": "1,0"},
        {"window": "nan,1"},
        {"window": "1,inf"},
        {"window": "1,2,cubic"},
        {"viewport": "0,10"},
        {"viewport": "10"},
        {"viewport": "-5,5"},
        {"viewport": "16384,16384"},
        {"viewport": "10,10,80,0,20,10"},
        {"viewport": "a,b"},
    ],
)
def test_what_makes_no_sense_is_refused(params: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=next(iter(params))):
        rendered(PIXELS, "image/jpeg", params)
