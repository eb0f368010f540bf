"""Plots over all images: Dice by structure, and the agreement of a measurement with its reference."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from fetal_head.evaluation.comparison import Comparison
from fetal_head.evaluation.picture import Picture, to_png
from fetal_head.evaluation.summary import bias_and_margin

DICE_FILE = "dice.png"
# Okabe & Ito's blue and orange, which those who do not tell red from green tell apart too
SIZES = (("original", "original size", "#0072B2"), ("network", "network's size", "#E69F00"))


def dice_distribution(comparisons: Sequence[Comparison], classes: Sequence[str]) -> Picture | None:
    """Box and points of Dice per image by structure, at the original size beside the network's; None without any value."""
    values = {(size, name): _dice(comparisons, size, name) for size, _, _ in SIZES for name in classes}
    shown = [name for name in classes if values["original", name]]
    if not shown:
        return None
    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.subplots()
    for side, (size, label, colour) in zip((-0.2, 0.2), SIZES, strict=True):
        for place, name in enumerate(shown):
            _box(axes, values[size, name], place + side, colour)
        axes.plot([], [], color=colour, linewidth=6, alpha=0.6, label=label)
    axes.set_xticks(range(len(shown)), [f"{name} (n = {len(values['original', name])})" for name in shown])
    axes.set_ylabel("Dice per image")
    axes.grid(axis="y", alpha=0.3)
    axes.legend(loc="lower left")
    medians = "; ".join(
        f"{name} {' and '.join(f'{np.median(values[size, name]):.3f}' for size, _, _ in SIZES if values[size, name])}"
        for name in shown
    )
    return Picture(
        DICE_FILE,
        to_png(figure),
        f"Box plots of Dice per image. Medians at the original size and at the network's: {medians}.",
        "Dice per image, a point each. A box holds the middle half, its line is the median, whiskers reach 1.5 box lengths.",
    )


def bland_altman(comparisons: Sequence[Comparison], key: str, title: str) -> Picture | None:
    """Difference against mean of predicted and reference lengths, in mm; None for fewer than two images that have both."""
    lengths = [c.lengths[key] for c in comparisons if key in c.lengths]
    pairs = np.asarray([(at.predicted, at.reference) for at in lengths if at.predicted is not None])
    if len(pairs) < 2:
        return None
    errors = pairs[:, 0] - pairs[:, 1]
    bias, margin = bias_and_margin(errors.tolist())
    lines = {"mean difference": bias, "mean + 1.96 sd": bias + margin, "mean - 1.96 sd": bias - margin}
    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.subplots()
    axes.scatter(pairs.mean(axis=1), errors, s=14, color=SIZES[0][2], alpha=0.6)
    for label, height in lines.items():
        axes.axhline(height, color="black", linewidth=1, linestyle="-" if label == "mean difference" else "--")
        axes.annotate(f" {label}\n {height:+.2f}", (1, height), xycoords=("axes fraction", "data"), va="center", size=8)
    axes.set_xlabel(f"mean of predicted and reference {title} (mm)")
    axes.set_ylabel("predicted minus reference (mm)")
    axes.grid(alpha=0.3)
    return Picture(
        bland_altman_file(key),
        to_png(figure),
        f"Bland-Altman plot of {title}, in mm: {', '.join(f'{label} {height:+.2f}' for label, height in lines.items())}.",
        f"{title} of {len(pairs)} images: predicted minus reference against their mean, with mean and limits of agreement.",
    )


def bland_altman_file(key: str) -> str:
    """The name of that plot's file."""
    return f"bland_altman_{key.removesuffix('_mm')}.png"


def _dice(comparisons: Sequence[Comparison], size: str, name: str) -> list[float]:
    agreements = [found[name] for c in comparisons if name in (found := getattr(c, size))]
    return [agreement.dice for agreement in agreements if agreement.dice is not None]


def _box(axes: Axes, values: list[float], place: float, colour: str) -> None:
    axes.boxplot(
        [values], positions=[place], widths=0.32, showfliers=False, manage_ticks=False, medianprops={"color": "black"}, zorder=3
    )
    beside = np.random.default_rng(0).uniform(-0.12, 0.12, len(values))
    axes.scatter(place + beside, values, s=10, color=colour, alpha=0.5)
