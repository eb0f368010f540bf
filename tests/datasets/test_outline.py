from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datasets.trees import outline
from fetal_head.datasets.outline import filled
from fetal_head.datasets.shapes import ellipse

SHAPE = (270, 400)


def iou(a: np.ndarray, b: np.ndarray) -> float:
    return float((a & b).sum() / (a | b).sum())


@settings(max_examples=25)
@given(st.floats(130, 270), st.floats(90, 180), st.floats(40, 120), st.floats(30, 85), st.floats(0, 180), st.integers(1, 3))
def test_a_closed_outline_is_filled_up_to_and_with_its_line(x, y, a, b, degrees, width) -> None:
    head = ellipse(SHAPE, (x, y), (a, b), degrees)
    on_border = head[0].any() or head[-1].any() or head[:, 0].any() or head[:, -1].any()
    result = filled(outline(head.astype(np.uint8), width) > 0)
    if not on_border:
        np.testing.assert_array_equal(result, head)
    assert iou(result, head) > 0.97


def test_a_filled_head_stays_as_it_is() -> None:
    head = ellipse(SHAPE, (200, 130), (120, 80), 20)
    np.testing.assert_array_equal(filled(head), head)


@pytest.mark.parametrize("width", [1, 2, 3])
@pytest.mark.parametrize("x", [200, 60, 370])
def test_an_open_outline_is_closed_by_its_ellipse(width: int, x: int) -> None:
    """With a gap of a tenth of the head's length, and with up to a third of the head outside of the image."""
    whole = ellipse((SHAPE[0], SHAPE[1] + 400), (x + 200, 130), (120, 80), 20)
    line = outline(whole.astype(np.uint8), width)[:, 200:-200] > 0
    line[:, 195:219] = False
    assert iou(filled(line), whole[:, 200:-200]) > 0.985


def test_drawings_of_no_use() -> None:
    with pytest.raises(ValueError, match="nothing is drawn"):
        filled(np.zeros(SHAPE, dtype=bool))
    line = np.zeros(SHAPE, dtype=bool)
    line[100, 50:300] = True
    with pytest.raises(ValueError, match="no ellipse fits it"):
        filled(line)


def test_a_line_with_a_gap_is_closed_where_it_was_drawn() -> None:
    """The head within half a pixel, on every side: more would be a millimetre of its circumference."""
    shape, centre = (240, 320), (161.3, 118.7)
    outer, inner = (ellipse(shape, centre, (a, b), 20) for a, b in ((120, 90), (117, 87)))
    line = outer & ~inner
    line[:, 150:165] = False
    found = filled(line)
    assert np.count_nonzero(found ^ outer) < 0.05 * np.count_nonzero(line) / 3
