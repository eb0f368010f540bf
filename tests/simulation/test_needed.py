"""Labels until CSP and LV are outlined well enough."""

from __future__ import annotations

import pytest

from fetal_head.simulation.cell import Cell, Judged
from fetal_head.simulation.needed import labels_needed, small_dice


def _cell(seed: int, budget: int, csp: float) -> Cell:
    images = Judged("a", {"BRAIN": 0.9, "CSP": csp, "LV": 0.5}, {}), Judged("b", {"BRAIN": 0.9, "LV": 0.7}, {})
    return Cell("random", seed, budget, (), images, 1.0)


def test_each_structure_counts_alike_however_many_images_have_it() -> None:
    assert small_dice(_cell(0, 10, 0.2).images) == pytest.approx((0.2 + 0.6) / 2)
    with pytest.raises(ValueError, match="no test image has CSP"):
        small_dice(_cell(0, 10, 0.2).images[1:])


def test_labels_lie_on_lines_between_the_budgets() -> None:
    courses = {0: (0.0, 0.4, 0.8), 1: (0.6, 0.2, 0.9), 2: (0.1, 0.2, 0.3), 3: (0.3, 0.8, 0.1)}
    cells = [_cell(seed, budget, csp) for seed, dice in courses.items() for budget, csp in zip((10, 20, 40), dice, strict=True)]
    # .6 of LV and .6 of CSP
    assert labels_needed(cells, 0.6) == (None, [pytest.approx(30), 10, None, pytest.approx(16)])
    assert labels_needed(cells, 0.55)[0] == pytest.approx(36), "of the mean Dice, not the mean of the labels"
