"""The lines on the image are as long as the numbers beside them say."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fetal_head.biometry import measure
from fetal_head.biometry.calipers import calipers
from fetal_head.biometry.ellipse import Ellipse

SHAPE = (220, 300)


def _mask(angle: float, turn: float) -> np.ndarray:
    mask = np.zeros(SHAPE, dtype=np.uint8)
    mask[Ellipse((150, 110), 190, 150, angle).region(SHAPE)] = 1
    mask[Ellipse((120, 95), 30, 14, turn).region(SHAPE)] = 2
    mask[Ellipse((185, 125), 40, 16, turn + 1).region(SHAPE)] = 3
    return mask


@settings(max_examples=30)
@given(st.floats(-1.5, 1.5), st.floats(-1.5, 1.5), st.one_of(st.none(), st.tuples(st.floats(0.1, 0.3), st.floats(0.1, 0.3))))
def test_lines_are_as_long_as_what_is_measured(angle: float, turn: float, spacing: tuple[float, float] | None) -> None:
    mask = _mask(angle, turn)
    found, (row, column) = measure(mask, spacing), spacing or (1.0, 1.0)
    lines = {line.name: [(x * column, y * row) for x, y in line.points] for line in calipers(mask, spacing)}
    assert list(lines) == ["hc", "bpd", "ofd", "csp_width", "lv_width"]
    for name, points in lines.items():
        length = sum(math.dist(p, q) for p, q in pairwise(points))
        # the polygon of the circumference cuts its corners
        assert length == pytest.approx(getattr(found, name), rel=2e-3 if name == "hc" else 1e-6)


def test_a_line_lies_on_what_it_measures() -> None:
    mask = _mask(0.3, -0.4)
    lines = {line.name: np.array(line.points) for line in calipers(mask, (0.2, 0.25))}
    for name, value in (("csp_width", 2), ("lv_width", 3)):
        column, row = lines[name].mean(axis=0).round().astype(int)
        assert mask[row, column] == value
    centre = lines["bpd"].mean(axis=0)
    assert centre == pytest.approx((150, 110), abs=0.5)


def test_there_is_no_line_of_what_is_not_measured() -> None:
    assert calipers(np.zeros(SHAPE, dtype=np.uint8), None) == []
    cut = _mask(0, 0)
    cut[:110, 150] = 1
    assert [line.name for line in calipers(cut, None)] == ["lv_width"]
    assert calipers(np.where(cut == 3, cut, 0)[110:], None) == []
