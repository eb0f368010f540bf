"""The plot of an experiment."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from fetal_head.evaluation.experiment import Trial
from fetal_head.evaluation.picture import Picture, to_png
from fetal_head.labels import BY_NAME, NAMES


def dice_by_value(trials: Sequence[Trial], setting: str) -> Picture | None:
    """Dice of each training of an experiment by the value of its setting, a colour a structure; None without any Dice."""
    values = list(dict.fromkeys(trial.value for trial in trials))
    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.subplots()
    shown = []
    for name, side in zip(NAMES, (-0.15, 0.0, 0.15), strict=True):
        points = [(values.index(t.value) + side, score) for t in trials if (score := t.dice[name]) is not None]
        if points:
            x, y = zip(*points, strict=True)
            axes.scatter(x, y, s=18, alpha=0.8, label=name, color=np.divide(BY_NAME[name].colour, 255))
            shown.append(name)
    if not shown:
        return None
    axes.set_xticks(range(len(values)), values)
    axes.set_xlabel(setting)
    axes.set_ylabel("mean Dice of validation images")
    axes.grid(axis="y", alpha=0.3)
    axes.legend()
    caption = f"Dice on validation patients by {setting}; a point is one training, of its own seed."
    return Picture("dice.png", to_png(figure), f"{caption} Structures: {', '.join(shown)}.", caption)
