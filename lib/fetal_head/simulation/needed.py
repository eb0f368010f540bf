"""How many labels a strategy needs until CSP and LV are outlined well enough."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from fetal_head.labels import SMALL
from fetal_head.simulation.cell import Cell, Judged
from fetal_head.simulation.summary import figures


def small_dice(images: Sequence[Judged]) -> float:
    """The mean of CSP's and LV's Dice, each over the test images that have it. Raises ValueError where none has one of them."""
    found = figures(images)
    dice = [value for name in SMALL if (value := found[name]) is not None]
    if len(dice) < len(SMALL):
        raise ValueError(f"no test image has {' and '.join(name for name in SMALL if found[name] is None)}")
    return float(np.mean(dice))


def labels_needed(cells: Sequence[Cell], goal: float) -> list[float | None]:
    """By seed, after how many labels the Dice of CSP and LV first reaches the goal; None where it never does.

    It is taken to lie on straight lines between the budgets. Reached at the first budget, it may have been reached sooner.
    """
    needed: list[float | None] = []
    for seed in sorted({cell.seed for cell in cells}):
        own = sorted((cell for cell in cells if cell.seed == seed), key=lambda cell: cell.budget)
        budgets, dice = [cell.budget for cell in own], [small_dice(cell.images) for cell in own]
        first = next((n for n, value in enumerate(dice) if value >= goal), None)
        around = slice(max((first or 0) - 1, 0), (first or 0) + 1)
        needed.append(None if first is None else float(np.interp(goal, dice[around], budgets[around])))
    return needed
