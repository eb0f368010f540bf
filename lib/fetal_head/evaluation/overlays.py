"""The best, the median and the worst image of each structure, with the outlines of mask and model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from fetal_head.evaluation.comparison import Comparison
from fetal_head.evaluation.metrics import Agreement
from fetal_head.evaluation.picture import Picture, to_png
from fetal_head.evaluation.predictor import MaskPredictor
from fetal_head.imaging.mask import Region, bounding_box, region_of
from fetal_head.labels import BY_NAME, NAMES

RANKS = ("best", "median", "worst")
FILE = "overlay_{}_{}.png"
# all that there can be
OVERLAYS = tuple(FILE.format(name, rank) for name in NAMES for rank in RANKS)
DOTS_PER_INCH = 100
# what is shown around a structure, in its own sizes and at least in pixels
MARGIN, LEAST_MARGIN = 0.6, 30


def overlays(comparisons: Sequence[Comparison], predictor: MaskPredictor, classes: Sequence[str]) -> Iterator[Picture]:
    """A picture for each structure and rank. The images are read and predicted anew: keeping them all would fill the memory."""
    for name in classes:
        for rank, comparison in extremes(comparisons, name).items():
            known = comparison.pair.load()
            predicted = region_of(predictor.predict(known.image).mask, name)
            png = draw(known.image, predicted, region_of(known.truth, name), BY_NAME[name].colour)
            words = f"{name}, {rank} image: {comparison.pair.id}, {_in_words(comparison.original[name])}"
            yield Picture(FILE.format(name, rank), png, f"Outlines of mask and model. {words}.", words)


def extremes(comparisons: Sequence[Comparison], name: str) -> dict[str, Comparison]:
    """The images with the best, the median and the worst Dice of a structure; fewer where there are fewer images."""
    scored = [(dice, c) for c in comparisons if name in c.original and (dice := c.original[name].dice) is not None]
    ranked = [c for _, c in sorted(scored, key=lambda pair: -pair[0])]
    if len(ranked) < 3:
        return dict(zip((RANKS[0], RANKS[-1]), ranked, strict=False))
    return dict(zip(RANKS, (ranked[0], ranked[len(ranked) // 2], ranked[-1]), strict=True))


def draw(image: NDArray[np.float32], predicted: Region, truth: Region, colour: tuple[int, int, int]) -> bytes:
    """PNG of the part of a grey image around two regions, all (rows, columns): the true one solid, the predicted one dashed."""
    rows, columns = _around(predicted | truth)
    part = image[rows, columns]
    figure = Figure(figsize=(6, 6 * part.shape[0] / part.shape[1]))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.imshow(part, cmap="gray", vmin=float(image.min()), vmax=float(image.max()), aspect="auto")
    lines: tuple[tuple[str, Region, str, Literal["solid", "dashed"]], ...] = (
        ("mask", truth, "white", "solid"),
        ("model", predicted, "#{:02x}{:02x}{:02x}".format(*colour), "dashed"),
    )
    for _, region, line_colour, style in lines:
        if region.any():
            # padded, so that an outline closes where the region touches the image's border
            outline = np.pad(region, 1)[rows.start : rows.stop + 2, columns.start : columns.stop + 2]
            across, down = np.arange(-1, part.shape[1] + 1), np.arange(-1, part.shape[0] + 1)
            axes.contour(across, down, outline, [0.5], colors=[line_colour], linestyles=[style], linewidths=1.4)
    handles = [Line2D([], [], color=line_colour, linestyle=style, label=label) for label, _, line_colour, style in lines]
    axes.set_xlim(-0.5, part.shape[1] - 0.5)
    axes.set_ylim(part.shape[0] - 0.5, -0.5)
    axes.legend(handles=handles, loc="lower right", facecolor="black", labelcolor="white", framealpha=0.6)
    return to_png(figure, DOTS_PER_INCH)


def _around(region: Region) -> tuple[slice, slice]:
    """The rows and columns of a region, which is not empty, with some margin, within the image."""
    found = bounding_box(region)
    assert found is not None, "only images in which the structure is present are ranked"
    margins = (max(LEAST_MARGIN, round(MARGIN * (part.stop - part.start))) for part in found)
    rows, columns = (
        slice(max(0, int(part.start) - margin), min(side, int(part.stop) + margin))
        for part, margin, side in zip(found, margins, region.shape, strict=True)
    )
    return rows, columns


def _in_words(agreement: Agreement) -> str:
    if not agreement.seen:
        return "not seen by the model"
    in_mm = f" ({agreement.hd95_mm:.1f} mm)" if agreement.hd95_mm is not None else ""
    return f"Dice {agreement.dice:.3f}, HD95 {agreement.hd95:.1f} px{in_mm}"
