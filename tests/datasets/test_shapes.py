from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from fetal_head.datasets.shapes import box, ellipse, polygon

SHAPE = (40, 60)
rotations = st.floats(-360, 360)
lengths = st.floats(0.5, 80)
places = st.floats(-20, 80)


def own_axes(centre: tuple[float, float], degrees: float) -> tuple[np.ndarray, np.ndarray]:
    """Every pixel's centre in a shape's own axes: turned back, so anticlockwise on the screen, where y points down."""
    rows, columns = np.indices(SHAPE) + 0.5
    turned = ((columns - centre[0]) + 1j * (rows - centre[1])) * np.exp(-1j * np.radians(degrees))
    return turned.real, turned.imag


@given(places, places, lengths, lengths, rotations)
def test_an_ellipse_is_the_pixels_whose_centres_lie_in_it(x: float, y: float, a: float, b: float, degrees: float) -> None:
    along, across = own_axes((x, y), degrees)
    distance = np.hypot(along / a, across / b)
    clear = np.abs(distance - 1) > 1e-6
    np.testing.assert_array_equal(ellipse(SHAPE, (x, y), (a, b), degrees)[clear], (distance < 1)[clear])


@given(places, places, lengths, lengths, rotations)
def test_a_box_is_the_pixels_whose_centres_lie_in_it(x: float, y: float, width: float, height: float, degrees: float) -> None:
    along, across = own_axes((x, y), degrees)
    beyond = np.maximum(np.abs(along) - width / 2, np.abs(across) - height / 2)
    clear = np.abs(beyond) > 1e-6
    region = box(SHAPE, (x - width / 2, y - height / 2), (x + width / 2, y + height / 2), degrees)
    np.testing.assert_array_equal(region[clear], (beyond < 0)[clear])


@given(st.integers(0, 58), st.integers(0, 38), st.integers(1, 60), st.integers(1, 40))
def test_a_box_along_pixel_edges_is_just_those_pixels(left: int, top: int, width: int, height: int) -> None:
    assume(left + width <= SHAPE[1] and top + height <= SHAPE[0])
    expected = np.zeros(SHAPE, dtype=bool)
    expected[top : top + height, left : left + width] = True
    np.testing.assert_array_equal(box(SHAPE, (left, top), (left + width, top + height)), expected)


@given(st.floats(0, 40), st.floats(0, 20), st.integers(1, 15), st.integers(1, 15))
@example(10.5, 10.5, 10, 10)
def test_a_box_has_as_many_pixels_as_its_sides_say_wherever_it_lies(left: float, top: float, width: int, height: int) -> None:
    tenth = round(left, 1), round(top, 1)
    assert box(SHAPE, tenth, (tenth[0] + width, tenth[1] + height)).sum() == width * height


def test_clockwise_is_clockwise_on_the_screen() -> None:
    region = ellipse(SHAPE, (30, 20), (18, 4), 30)
    right, left = np.argwhere(region[:, 40]).mean(), np.argwhere(region[:, 20]).mean()
    assert right > 20 > left


def test_a_triangle() -> None:
    region = polygon(SHAPE, np.array([[0, 0], [20, 0], [0, 20]], dtype=float))
    assert region[0, 0]
    assert region[9, 9]
    assert not region[11, 11]
    assert not region[0, 20]


@pytest.mark.parametrize("points", [[], [[1, 2], [3, 4]], [[1, 2, 3]] * 3, [[0, 0], [1, np.nan], [2, 2]]])
def test_no_polygon(points: list[list[float]]) -> None:
    with pytest.raises(ValueError, match="three points"):
        polygon(SHAPE, np.array(points, dtype=float))


@pytest.mark.parametrize("radii", [(0, 1), (1, -1), (np.nan, 1), (np.inf, 1)])
def test_no_ellipse(radii: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="no ellipse has radii"):
        ellipse(SHAPE, (3, 3), radii)
