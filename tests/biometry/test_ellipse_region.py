"""An ellipse as pixels, and back."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from skimage import draw

from fetal_head.biometry.ellipse import Ellipse, fit_ellipse

ellipses = st.builds(
    Ellipse,
    st.tuples(st.floats(150, 250), st.floats(120, 180)),
    st.floats(120, 220),
    st.floats(60, 110),
    st.floats(-math.pi / 2 + 0.01, math.pi / 2),
)


@settings(max_examples=50)
@given(ellipses)
# its pixels themselves lie .11 beside their ellipse: at its narrow ends a row more or less counts
@example(Ellipse((150.0, 120.25), 219.0, 60.0, 0.3203125))
def test_fitting_what_was_drawn_gives_it_back(drawn: Ellipse) -> None:
    found = fit_ellipse(drawn.region((300, 400)))
    assert found is not None
    assert found.centre == pytest.approx(drawn.centre, abs=0.2)
    assert found.major == pytest.approx(drawn.major, abs=0.5)
    assert found.minor == pytest.approx(drawn.minor, abs=0.5)
    assert math.cos(2 * (found.angle - drawn.angle)) == pytest.approx(1, abs=1e-3)


@settings(max_examples=100)
@given(ellipses, st.floats(-300, 300), st.floats(0.2, 1))
@example(Ellipse((150.0, 120.0), 120.0, 60.0, 0.0), 0.0, 0.7)
def test_it_has_the_pixels_of_another_program(drawn: Ellipse, moved: float, smaller: float) -> None:
    ellipse = Ellipse((drawn.centre[0] + moved, drawn.centre[1]), drawn.major * smaller, drawn.minor * smaller, drawn.angle)
    expected = np.zeros((300, 400), dtype=np.bool_)
    (x, y), radii = ellipse.centre, (ellipse.minor / 2, ellipse.major / 2)
    expected[draw.ellipse(y, x, *radii, shape=expected.shape, rotation=-ellipse.angle)] = True
    rows, columns = np.nonzero(ellipse.region((300, 400)) != expected)
    cos, sin, dx, dy = math.cos(ellipse.angle), math.sin(ellipse.angle), columns - x, rows - y
    edge = np.hypot((dx * cos + dy * sin) / radii[1], (dy * cos - dx * sin) / radii[0])
    assert_allclose(edge, 1, rtol=1e-12, err_msg="only a pixel whose centre lies on the edge may be on either side of it")


@settings(max_examples=50)
@given(ellipses)
def test_it_reaches_as_far_as_its_pixels(drawn: Ellipse) -> None:
    rows, columns = np.nonzero(drawn.region((300, 400)))
    for centre, reach, pixels in zip(drawn.centre, drawn.reach, (columns, rows), strict=True):
        assert pixels.min() == pytest.approx(centre - reach, abs=1.01)
        assert pixels.max() == pytest.approx(centre + reach, abs=1.01)


def test_beyond_the_image_there_are_no_pixels() -> None:
    region = Ellipse((0.0, 0.0), 100.0, 60.0, 0.0).region((50, 80))
    assert region.shape == (50, 80)
    assert region[0, 49]
    assert not region[0, 51]
    assert region[29, 0]
    assert not region[31, 0]


def test_three_pixels_have_an_ellipse_and_two_have_none() -> None:
    region = np.zeros((5, 6), dtype=np.bool_)
    region[2, 1:3] = True
    assert fit_ellipse(region) is None
    region[2, 3] = True
    found = fit_ellipse(region)
    assert found is not None
    assert found.centre == (2, 2)
