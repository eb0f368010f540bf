"""Plots of a campaign."""

from __future__ import annotations

from typing import Any

from matplotlib.figure import Figure

from fetal_head.evaluation.picture import Picture, to_png
from fetal_head.labels import NAMES
from fetal_head.simulation.summary import APL, MEAN

# Okabe & Ito's, which those who do not tell red from green tell apart too, and markers for those who see none
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#F0E442", "#000000", "#999999")
MARKERS = "osD^vPX*h"


def curves(found: dict[str, list[dict[str, Any]]]) -> list[Picture]:
    """Dice and APL against the number of labels, a line a strategy with its band."""
    return [
        _plot(found, (*NAMES, MEAN), "Dice", "dice.png"),
        _plot(found, (APL,), "added path length (px)", "apl.png"),
    ]


def _plot(found: dict[str, list[dict[str, Any]]], what: tuple[str, ...], label: str, file: str) -> Picture:
    rows = (len(what) + 1) // 2
    figure = Figure(figsize=(9, 3.6 * rows), layout="constrained")
    panels = figure.subplots(rows, min(len(what), 2), squeeze=False).ravel()
    for axes, key in zip(panels, what, strict=True):
        for (name, points), colour, marker in zip(found.items(), COLOURS, MARKERS, strict=False):
            known = [point for point in points if point[key]["mean"] is not None]
            labels = [point["labels"] for point in known]
            axes.plot(labels, [point[key]["mean"] for point in known], color=colour, marker=marker, markersize=4, label=name)
            banded = [point for point in known if point[key]["low"] is not None]
            low, high = ([point[key][end] for point in banded] for end in ("low", "high"))
            axes.fill_between([point["labels"] for point in banded], low, high, color=colour, alpha=0.12, linewidth=0)
        axes.set_title("" if key == APL else key)
        axes.set_xlabel("labels")
        axes.set_ylabel(label)
        axes.grid(alpha=0.3)
    panels[0].legend(fontsize="small")
    caption = f"{label[0].upper()}{label[1:]} on the test images by number of labels: mean over the seeds and its 95 % band."
    return Picture(file, to_png(figure), f"{caption} Strategies: {', '.join(found)}.", caption)
