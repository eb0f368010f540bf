"""How many labels a strategy needs until CSP and LV are outlined well enough."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

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


def labels_needed(cells: Sequence[Cell], goal: float) -> tuple[float | None, list[float | None]]:
    """After how many labels the Dice of CSP and LV first reaches the goal: on the mean of the seeds, and by seed; None for never.

    It is taken to lie on straight lines between the budgets. Reached at the first budget, it may have been reached sooner.
    """
    budgets = sorted({cell.budget for cell in cells})
    seeds = sorted({cell.seed for cell in cells})
    found = {(cell.seed, cell.budget): small_dice(cell.images) for cell in cells}
    dice = np.array([[found[seed, budget] for budget in budgets] for seed in seeds])
    return _crossing(budgets, dice.mean(axis=0), goal), [_crossing(budgets, row, goal) for row in dice]


def _crossing(budgets: Sequence[int], dice: NDArray[np.float64], goal: float) -> float | None:
    reached = np.flatnonzero(dice >= goal)
    if not len(reached):
        return None
    around = slice(max(int(reached[0]) - 1, 0), int(reached[0]) + 1)
    return float(np.interp(goal, dice[around], budgets[around]))
