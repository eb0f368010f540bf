"""Drawn shapes -> the pixels whose centres lie in them.

Coordinates are those of CVAT and COCO: x to the right and y down from the image's upper left corner, so that the pixel in
row 0 and column 0 covers 0..1 along either axis and has its centre at (0.5, 0.5).
"""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from skimage.draw import polygon as polygon_pixels

from fetal_head.imaging.mask import Region

Point = tuple[float, float]
# what lies farther from the image than this is a damaged number
FARTHEST = 1e6
# skimage takes a centre on an edge as inside on every side, and a box of ten pixels would have eleven
TIE = 1e-6


def ellipse(shape: tuple[int, int], centre: Point, radii: Point, degrees: float = 0.0) -> Region:
    """(rows, columns) true inside an ellipse with radii along x and y, turned clockwise on the screen about its centre.

    Raises:
        ValueError: a radius that is not positive, or a value that is not finite.
    """
    if min(radii) <= 0 or not np.isfinite([*centre, *radii, degrees]).all():
        raise ValueError(f"no ellipse has radii {radii[0]:g} and {radii[1]:g} about ({centre[0]:g}, {centre[1]:g})")
    rows, columns = np.ogrid[: shape[0], : shape[1]]
    dx, dy = columns + 0.5 - centre[0], rows + 0.5 - centre[1]
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    along, across = cosine * dx + sine * dy, cosine * dy - sine * dx
    inside: Region = (along / radii[0]) ** 2 + (across / radii[1]) ** 2 <= 1.0
    return inside


def polygon(shape: tuple[int, int], points: NDArray[np.float64]) -> Region:
    """(rows, columns) true inside a polygon of (n, 2) points (x, y); a centre on an edge is inside on the left and above.

    Raises:
        ValueError: fewer than three points, or a coordinate that is not finite or far outside of any image.
    """
    if points.ndim != 2 or points.shape[1] != 2 or len(points) < 3 or not (np.abs(points) <= FARTHEST).all():
        raise ValueError(f"a polygon needs three points (x, y) or more, none of them {FARTHEST:g} pixels away")
    region = np.zeros(shape, dtype=np.bool_)
    rows, columns = points[:, 1] - 0.5 - TIE, points[:, 0] - 0.5 - TIE
    region[polygon_pixels(rows, columns, shape)] = True
    return region


def box(shape: tuple[int, int], upper_left: Point, lower_right: Point, degrees: float = 0.0) -> Region:
    """(rows, columns) true inside a rectangle that is turned clockwise on the screen about its centre. Raises as `polygon`."""
    (left, top), (right, bottom) = upper_left, lower_right
    centre = np.array([(left + right) / 2, (top + bottom) / 2])
    corners = np.array([[left, top], [right, top], [right, bottom], [left, bottom]]) - centre
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return polygon(shape, centre + corners @ np.array([[cosine, sine], [-sine, cosine]]))


def runs(shape: tuple[int, int], lengths: NDArray[np.int64], order: Literal["C", "F"]) -> Region:
    """(rows, columns) of run lengths of outside and inside in turn, along the rows ("C") or down the columns ("F").

    Raises:
        ValueError: they do not fill the shape.
    """
    pixels = shape[0] * shape[1]
    if (lengths < 0).any() or (lengths > pixels).any() or lengths.sum() != pixels:
        raise ValueError(f"run lengths do not fill {shape[1]} x {shape[0]} pixels")
    return np.repeat(np.arange(len(lengths)) % 2 == 1, lengths).reshape(shape, order=order)
