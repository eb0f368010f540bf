"""Into the network's size and back without moving anything."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from fetal_head.model.preprocessing import normalise, place, placement

SIZE = (256, 384)
sides = st.integers(40, 900)


@given(rows=sides, columns=sides)
def test_placement_keeps_the_aspect_and_stays_inside(rows: int, columns: int) -> None:
    where = placement((rows, columns), SIZE)
    assert 0 <= where.top <= where.top + where.content[0] <= SIZE[0]
    assert 0 <= where.left <= where.left + where.content[1] <= SIZE[1]
    assert where.content[0] == SIZE[0] or where.content[1] == SIZE[1]
    scale = min(SIZE[0] / rows, SIZE[1] / columns)
    assert abs(where.content[0] - rows * scale) <= 0.5
    assert abs(where.content[1] - columns * scale) <= 0.5


@given(rows=st.integers(200, 900), columns=st.integers(300, 1200), seed=st.integers(0, 1000))
def test_a_blob_lies_where_the_placement_says(rows: int, columns: int, seed: int) -> None:
    """Centre of mass within a tenth of a pixel: half a pixel would be the classic mistake."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[:rows, :columns].astype(np.float32)
    centre = random.uniform(0.3, 0.7) * rows, random.uniform(0.3, 0.7) * columns
    blob = np.exp(-(((y - centre[0]) / (rows / 10)) ** 2) - ((x - centre[1]) / (columns / 10)) ** 2)
    there = place(torch.from_numpy(blob)[None], SIZE)[0].numpy().astype(float)
    where = placement((rows, columns), SIZE)
    v, u = np.mgrid[: SIZE[0], : SIZE[1]]
    found = (there * v).sum() / there.sum(), (there * u).sum() / there.sum()
    for axis, start in ((0, where.top), (1, where.left)):
        scale = where.content[axis] / where.original[axis]
        assert found[axis] == pytest.approx((centre[axis] + 0.5) * scale - 0.5 + start, abs=0.1)


@given(gain=st.floats(0.01, 300), offset=st.floats(0, 10_000), seed=st.integers(0, 1000))
def test_grey_levels_may_be_scaled(gain: float, offset: float, seed: int) -> None:
    image = np.random.default_rng(seed).uniform(0, 255, (64, 96)).astype(np.float32)
    changed = (image.astype(np.float64) * gain + offset).astype(np.float32)
    # float32 holds seven digits: what a large offset takes away is not the normalisation's fault
    tolerance = 1e-3 + 1e-6 * (offset + 255 * gain) / gain
    np.testing.assert_allclose(place(normalise(changed), SIZE), place(normalise(image), SIZE), atol=tolerance)


def test_black_image_gives_finite_input() -> None:
    assert torch.equal(normalise(np.zeros((20, 30), dtype=np.float32)), torch.zeros(1, 20, 30))
