"""The ellipse that the locator sees, in pixels of the image."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from fetal_head.biometry.ellipse import fit_ellipse
from fetal_head.config import load_settings
from fetal_head.model.locating import Locator, head_ellipse
from fetal_head.model.network import Architecture
from fetal_head.model.preprocessing import normalise, place, placement

SIZE = (128, 192)


@settings(max_examples=30)
@given(st.integers(150, 900), st.integers(150, 1200), st.floats(0.4, 0.6), st.floats(0.4, 0.6))
def test_it_lies_where_it_lies_in_the_image(rows: int, columns: int, down: float, across: float) -> None:
    y, x = np.mgrid[:rows, :columns]
    head = ((y - down * rows) / (0.25 * rows)) ** 2 + ((x - across * columns) / (0.3 * columns)) ** 2 < 1
    truth = fit_ellipse(head)
    probability = place(torch.from_numpy(head)[None].float(), SIZE)[0]
    found = head_ellipse(probability, placement((rows, columns), SIZE))
    assert truth is not None
    assert found is not None
    pixel = max(rows / SIZE[0], columns / SIZE[1])
    assert found.centre == pytest.approx(truth.centre, abs=0.3 * pixel)
    assert found.major == pytest.approx(truth.major, abs=1.0 * pixel)
    assert found.minor == pytest.approx(truth.minor, abs=1.0 * pixel)


def test_no_head_is_none() -> None:
    assert head_ellipse(torch.zeros(SIZE), placement((540, 800), SIZE)) is None


@pytest.mark.parametrize("grey", [0.0, 7.5, 255.0])
def test_in_one_even_grey_there_is_no_head(grey: float) -> None:
    class Everywhere(torch.nn.Module):
        """Takes all that it is shown for head, as a network may that never saw an empty image."""

        def forward(self, pixels: torch.Tensor) -> torch.Tensor:
            return pixels[:, :1] * 0 + 5

    image = np.full((90, 120), grey, dtype=np.float32)
    locator = Locator(Everywhere(), Architecture.of(load_settings().model))
    assert locator.find([normalise(image)]) == [None]
    image[30:60, 40:80] += 1
    assert locator.find([normalise(image)]) != [None]
