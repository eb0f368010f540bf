"""Figures of campaigns: folds as one, means with intervals over patients, and their tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from itertools import groupby
from typing import Any

import numpy as np
from rich.table import Table

from fetal_head.evaluation.bootstrap import Estimate, mean_over_patients
from fetal_head.labels import NAMES
from fetal_head.simulation.cell import Cell
from fetal_head.simulation.summary import APL, MEAN


def joined(cells: Sequence[Cell]) -> list[Cell]:
    """The folds of a strategy, a seed and a budget as one cell, whose test images are those of all folds."""

    def key(cell: Cell) -> tuple[str, int, int]:
        return cell.strategy, cell.seed, cell.budget

    groups = [list(group) for _, group in groupby(sorted(cells, key=key), key)]
    return [Cell(*key(g[0]), (), tuple(i for cell in g for i in cell.images), sum(c.seconds for c in g)) for g in groups]


def over_patients(cells: Sequence[Cell]) -> list[dict[str, Any]]:
    """By strategy and budget: Dice by structure, their mean and APL with intervals, and how much more Dice than by random."""
    points = []
    for name in dict.fromkeys(cell.strategy for cell in cells):
        for budget in sorted({cell.budget for cell in cells}):
            found = _by_image([cell for cell in cells if (cell.strategy, cell.budget) == (name, budget)])
            chance = _by_image([cell for cell in cells if (cell.strategy, cell.budget) == ("random", budget)])
            figures = {
                what: _estimate({image: v[what] for image, v in found.items() if what in v}) for what in (*NAMES, MEAN, APL)
            }
            figures["above random"] = _estimate({image: v[MEAN] - chance[image][MEAN] for image, v in found.items() if MEAN in v})
            points.append({"strategy": name, "labels": budget, **{what: asdict(known) for what, known in figures.items()}})
    return points


def _by_image(cells: Sequence[Cell]) -> dict[tuple[str, str], dict[str, float]]:
    """The figures of each test image, known by its patient and its id, averaged over the seeds."""
    gathered: dict[tuple[str, str], list[dict[str, float]]] = {}
    for cell in cells:
        for image in cell.images:
            mean = {} if image.mean_dice is None else {MEAN: image.mean_dice}
            apl = float(sum(image.apl.values()))
            gathered.setdefault((image.patient_id, image.id), []).append({**image.dice, **mean, APL: apl})
    return {
        image: {what: float(np.mean([seed[what] for seed in seeds])) for what in seeds[0]} for image, seeds in gathered.items()
    }


def _estimate(values: dict[tuple[str, str], float]) -> Estimate:
    return mean_over_patients(list(values.values()), [patient for patient, _ in values])


def table_of(points: Sequence[dict[str, Any]]) -> Table:
    columns = [what for what in (*NAMES, MEAN, APL, "above random") if what in points[0]]
    table = Table("strategy", "labels", *columns)
    for point in points:
        cells = (_interval(point[what], 0 if what == APL else 3) for what in columns)
        table.add_row(point["strategy"], str(point["labels"]), *cells)
    return table


def bands(curves: dict[str, list[dict[str, Any]]]) -> Table:
    return table_of([{"strategy": name, **point} for name, points in curves.items() for point in points])


def _interval(of: dict[str, Any], digits: int) -> str:
    if of["mean"] is None:
        return ""
    return f"{of['mean']:.{digits}f}" + (f" ({of['low']:.{digits}f}-{of['high']:.{digits}f})" if of["low"] is not None else "")
