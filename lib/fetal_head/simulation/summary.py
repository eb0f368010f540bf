"""A campaign's cells -> curves, areas under them, and whether one strategy is better than chance."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy import stats
from scipy.integrate import trapezoid

from fetal_head.labels import NAMES
from fetal_head.simulation.cell import Cell, Judged

MEAN, APL = "mean", "apl"
BASELINES = ("random", "foreground_random")
LEVEL = 0.95
RULES = {
    "Dice": (
        "Mean over the test images whose mask has the structure, at the image's own size; 'mean' is the mean over the "
        "structures. BRAIN is the whole head."
    ),
    "APL": (
        "Added path length (Vaassen et al. 2020) with a tolerance of 0: pixels of the true contour that do not lie on the "
        "predicted one, all structures of an image together, mean over the test images. What an annotator would have to draw."
    ),
    "bands": f"Mean over the seeds with the {LEVEL:.0%} interval of Student's t; none with a single seed.",
    "area": "Area under the curve of the mean Dice against the number of labels, divided by the range of that (trapezoids).",
    "test": (
        "Wilcoxon's signed-rank test, two-sided, over the test patients: the Dice of a patient's images, averaged over their "
        "structures, the budgets and the seeds, with the strategy minus with the baseline. It tells whether other patients "
        "would show the difference, given these draws; the bands tell what other draws do."
    ),
}


def summarise(cells: Sequence[Cell]) -> dict[str, Any]:
    """`curves`, `area` and `tests` by strategy, as campaign.json has them."""
    names = list(dict.fromkeys(cell.strategy for cell in cells))
    return {
        "curves": {name: _curve([cell for cell in cells if cell.strategy == name]) for name in names},
        "area": {name: _area([cell for cell in cells if cell.strategy == name]) for name in names},
        "tests": [
            _test(cells, name, baseline) for name in names for baseline in BASELINES if baseline in names and baseline != name
        ],
        "rules": RULES,
    }


def figures(images: Sequence[Judged]) -> dict[str, float | None]:
    """Of one model on the test images: Dice by structure, their mean, and APL."""
    dice = {name: _mean([image.dice[name] for image in images if name in image.dice]) for name in NAMES}
    found = [value for value in dice.values() if value is not None]
    return {**dice, MEAN: _mean(found), APL: _mean([float(sum(image.apl.values())) for image in images])}


def _curve(cells: Sequence[Cell]) -> list[dict[str, Any]]:
    points = []
    for budget in sorted({cell.budget for cell in cells}):
        seeds = [figures(cell.images) for cell in cells if cell.budget == budget]
        points.append({"labels": budget, **{what: _band([seed[what] for seed in seeds]) for what in (*NAMES, MEAN, APL)}})
    return points


def _band(values: Sequence[float | None]) -> dict[str, float | int | None]:
    known = [value for value in values if value is not None]
    mean = _mean(known)
    if mean is None or len(known) < 2:
        return {"mean": mean, "low": None, "high": None, "n": len(known)}
    half = float(stats.t.ppf((1 + LEVEL) / 2, len(known) - 1) * stats.sem(known))
    return {"mean": mean, "low": mean - half, "high": mean + half, "n": len(known)}


def _area(cells: Sequence[Cell]) -> dict[str, float | int | None]:
    areas = []
    for seed in sorted({cell.seed for cell in cells}):
        own = sorted((cell for cell in cells if cell.seed == seed), key=lambda cell: cell.budget)
        points = [(cell.budget, dice) for cell in own if (dice := figures(cell.images)[MEAN]) is not None]
        if points:
            labels, dice = np.array(points, dtype=float).T
            areas.append(float(trapezoid(dice, labels) / np.ptp(labels)) if len(points) > 1 else float(dice[0]))
    return _band(areas)


def _test(cells: Sequence[Cell], strategy: str, baseline: str) -> dict[str, Any]:
    ours, theirs = _by_patient(cells, strategy), _by_patient(cells, baseline)
    differences = np.array([ours[patient] - theirs[patient] for patient in sorted(ours.keys() & theirs.keys())])
    told = {"strategy": strategy, "baseline": baseline, "n": len(differences)}
    if not differences.any():
        return {**told, "difference": 0.0 if len(differences) else None, "p": 1.0 if len(differences) else None}
    return {**told, "difference": float(differences.mean()), "p": float(stats.wilcoxon(differences).pvalue)}


def _by_patient(cells: Sequence[Cell], strategy: str) -> dict[str, float]:
    """The mean Dice of each test patient over his images, the budgets and the seeds."""
    found: dict[str, list[float]] = {}
    for cell in cells:
        if cell.strategy == strategy:
            for image in cell.images:
                if image.mean_dice is not None:
                    found.setdefault(image.patient_id, []).append(image.mean_dice)
    return {patient: math.fsum(values) / len(values) for patient, values in found.items()}


def _mean(values: Sequence[float]) -> float | None:
    return math.fsum(values) / len(values) if values else None
