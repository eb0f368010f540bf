from __future__ import annotations

from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from evaluation.oracle import Oracle, folders, head
from fetal_head.evaluation.comparison import Comparison, compare
from fetal_head.evaluation.overlays import draw, extremes
from fetal_head.evaluation.pairs import find_pairs
from fetal_head.evaluation.plots import bland_altman
from fetal_head.labels import NAMES


def compared(root: Path, shifts: list[int | None]) -> list[Comparison]:
    """Images, a and b and so on, whose CSP is predicted so many columns beside its place, or not at all for None."""
    images = {"abcdefg"[n]: (head(csp=None if shift is None else 50 + shift), head()) for n, shift in enumerate(shifts)}
    return [compare(pair, Oracle(), NAMES) for pair in find_pairs(*folders(root, images))]


@pytest.mark.parametrize(
    ("shifts", "ranked"),
    [
        ([3], {"best": "a"}),
        ([3, 1], {"best": "b", "worst": "a"}),
        ([3, 1, 2], {"best": "b", "median": "c", "worst": "a"}),
        ([0, None, 2, 4, 1], {"best": "a", "median": "c", "worst": "b"}),
    ],
)
def test_best_median_and_worst(tmp_path: Path, shifts: list[int | None], ranked: dict[str, str]) -> None:
    found = extremes(compared(tmp_path, shifts), "CSP")
    assert {rank: comparison.pair.id for rank, comparison in found.items()} == ranked


def test_an_overlay_shows_the_surroundings_of_the_structure_with_both_outlines() -> None:
    image = np.full((300, 400), 40, dtype=np.float32)
    image[0, 0] = 255
    truth, predicted = np.zeros((2, 300, 400), dtype=bool)
    truth[100:140, 200:260] = predicted[105:145, 205:265] = True
    with Image.open(BytesIO(draw(image, predicted, truth, (255, 0, 0)))) as picture:
        pixels = np.asarray(picture.convert("RGB")).astype(int)
    # 65 columns and a margin of 0.6 x 65 to each side, at 600 dots
    assert pixels.shape[1] == 600
    assert pixels.shape[0] == pytest.approx(600 * (45 + 2 * 30) / (65 + 2 * 39), abs=2)
    white, red = (pixels > 200).all(axis=-1), (pixels[..., 0] > 200) & (pixels[..., 1] < 90)
    dots = 600 / (65 + 2 * 39)
    for region, row, column in ((white, 30 - 0.5, 39 - 0.5), (red, 35 - 0.5, 44 - 0.5)):
        rows, columns = np.nonzero(region[: int(75 * dots), : int(105 * dots)])
        assert (rows.min() / dots, columns.min() / dots) == (pytest.approx(row + 0.5, abs=1), pytest.approx(column + 0.5, abs=1))


def test_an_outline_at_the_border_is_drawn_and_a_missing_one_is_not() -> None:
    image = np.arange(60 * 90, dtype=np.float32).reshape(60, 90)
    everything, nothing = np.ones((60, 90), dtype=bool), np.zeros((60, 90), dtype=bool)
    with Image.open(BytesIO(draw(image, nothing, everything, (255, 0, 0)))) as picture:
        pixels = np.asarray(picture.convert("RGB")).astype(int)
    assert pixels.shape[:2] == (400, 600)
    assert (pixels[0, 5:500] > 100).all()


def test_one_measurement_is_no_bland_altman_plot(tmp_path: Path) -> None:
    assert bland_altman(compared(tmp_path, [0]), "hc_mm", "HC") is None
