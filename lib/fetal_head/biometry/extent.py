"""How far a small structure reaches in a direction."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter
from skimage.measure import find_contours

from fetal_head.biometry.ellipse import fit_ellipse
from fetal_head.imaging.mask import bounding_box

# pixels. The corners of the stairs of an edge that runs askew stand out by half a pixel on either side; smoothed, by half of that
SMOOTHING = 1.0
# beyond four times the smoothing there is nothing left of the region
MARGIN = 5


def extent(region: NDArray[np.bool_], direction: float, spacing: tuple[float, float]) -> float | None:
    """Length of the `shadow` of a (rows, columns) region on a line, in the unit of `spacing`; None for an empty region."""
    edges = shadow(region, direction, spacing)
    return None if edges is None else edges[1] - edges[0]


def shadow(region: NDArray[np.bool_], direction: float, spacing: tuple[float, float]) -> tuple[float, float] | None:
    """Where a region's shadow on a line through the centre of pixel (0, 0) begins and ends; None for an empty region.

    The outline runs half-way between a pixel inside and one outside, so a block of n pixels is n pixels long, and is smoothed
    for those that do not lie along the pixels. A block that is only two or three pixels thick gets up to two shorter by that.

    Args:
        region: (rows, columns).
        direction: of the line against the x axis, radians, turning from x (columns) towards y (rows), in `spacing`'s space.
        spacing: length of a pixel along (rows, columns).
    """
    around = bounding_box(region)
    if around is None:
        return None
    drawn = np.pad(region[around], MARGIN).astype(float)
    # nothing that is thinner than two pixels outlives the smoothing
    outlines = find_contours(gaussian_filter(drawn, SMOOTHING), 0.5) or find_contours(drawn, 0.5)
    rows, columns = around
    outline = (np.concatenate(outlines) + np.array([rows.start - MARGIN, columns.start - MARGIN])) * np.asarray(spacing)
    along = outline[:, 1] * math.cos(direction) + outline[:, 0] * math.sin(direction)
    return float(along.min()), float(along.max())


def width(region: NDArray[np.bool_], spacing: tuple[float, float]) -> float | None:
    """Extent of a (rows, columns) region across its own long axis, as `extent` has it; None for fewer than three pixels."""
    ellipse = fit_ellipse(region, spacing)
    if ellipse is None:
        return None
    return extent(region, ellipse.angle + math.pi / 2, spacing)
