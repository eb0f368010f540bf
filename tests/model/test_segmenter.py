"""What is drawn of what the networks say."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal

from fetal_head.biometry.ellipse import fit_ellipse
from fetal_head.config import load_settings
from fetal_head.model.frame import Frame
from fetal_head.model.segmenter import Segmenter, mirrored_mean


class _Told(Segmenter):
    """It says of every image what it was told, a head with square corners, in a frame of 96 x 128 pixels."""

    def __init__(self, centre: tuple[float, float], share: float = 1.0) -> None:
        self._settings, self._version = load_settings().model, "v1"
        self._architecture = SimpleNamespace(frame_size=(96, 128))
        self._frame, self._planes = Frame(centre, 0.0, 1.0), np.zeros((3, 96, 128), dtype=np.float32)
        self._planes[0, 28:68, 34:94] = share

    def _probabilities(self, image: np.ndarray) -> tuple[Frame | None, np.ndarray]:
        return (self._frame if self._planes.any() else None), self._planes


def test_the_mirror_image_is_turned_back_before_the_mean_is_taken() -> None:
    image, place = torch.linspace(-2, 2, 48).reshape(1, 6, 8), torch.linspace(-1, 3, 8)
    found = mirrored_mean(lambda both: torch.cat([both + place] * 3, dim=1), image)
    once, mirrored = torch.sigmoid(image + place), torch.sigmoid(image + place.flip(0))
    assert_allclose(found, ((once + mirrored) / 2).expand(3, 6, 8), atol=1e-6)


def test_a_whole_head_is_drawn_as_its_ellipse() -> None:
    mask = _Told((99.5, 74.5)).predict(np.zeros((150, 200), dtype=np.float32)).mask
    rectangle = np.zeros((150, 200), dtype=np.bool_)
    rectangle[55:95, 70:130] = True
    ellipse = fit_ellipse(rectangle)
    assert ellipse is not None
    assert_array_equal(mask, ellipse.region((150, 200)))


@pytest.mark.parametrize("centre", [(33.5, 74.5), (166.5, 74.5), (99.5, 22.5), (99.5, 127.5)])
def test_a_head_that_the_border_cuts_is_drawn_as_it_is_seen(centre: tuple[float, float]) -> None:
    """Its ellipse reaches beyond the image: all that is known of it is what lies within."""
    mask = _Told(centre).predict(np.zeros((150, 200), dtype=np.float32)).mask
    rows, columns = np.nonzero(mask)
    assert (rows.max() - rows.min() + 1) * (columns.max() - columns.min() + 1) == len(rows), "its corners are there"


@pytest.mark.parametrize("x", [34.5, 164.5])
def test_a_head_that_reaches_into_the_outermost_pixels_is_whole(x: float) -> None:
    mask = _Told((x, 74.5)).predict(np.zeros((150, 200), dtype=np.float32)).mask
    rows, columns = np.nonzero(mask)
    assert {columns.min(), columns.max()} & {0, 199}
    assert not mask[rows.min(), columns.min()]


def test_where_no_head_is_found_there_is_nothing() -> None:
    found = _Told((99.5, 74.5), 0.0).predict(np.zeros((150, 200), dtype=np.float32))
    assert not found.mask.any()
    assert (found.frame, found.confidence) == (None, {"BRAIN": None, "CSP": None, "LV": None})
