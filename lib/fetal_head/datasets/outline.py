"""A head that was drawn as a line -> the head."""

from __future__ import annotations

import numpy as np
from scipy import ndimage
from skimage.measure import EllipseModel

from fetal_head.datasets.shapes import ellipse
from fetal_head.imaging.mask import Region, without_holes

# the published line is 3 pixels wide, so whatever outlasts this many erosions is no line
LINE_WIDTH = 3


def filled(drawing: Region) -> Region:
    """The head of a drawing, (rows, columns): what its line encloses, and the line itself.

    A drawing that is filled already stays as it is. A line with a gap, or one that leaves the image, is closed by the ellipse
    that fits it, as wide as the line.

    Raises:
        ValueError: nothing is drawn, or no ellipse fits the line.
    """
    if not drawing.any():
        raise ValueError("nothing is drawn")
    whole: Region = without_holes(drawing)
    encloses = int(whole.sum()) > 2 * int(drawing.sum())
    solid = bool(ndimage.binary_erosion(drawing, iterations=LINE_WIDTH).any())
    return whole if encloses or solid else _closed(drawing)


def _closed(line: Region) -> Region:
    rows, columns = np.nonzero(line)
    fit = EllipseModel()
    # newer releases prefer `from_estimate`, which the last one for Python 3.10 does not have
    if not fit.estimate(np.column_stack([columns, rows]) + 0.5) or max(fit.params[2:4]) > max(line.shape):
        raise ValueError("the outline is open and no ellipse fits it")
    x, y, a, b, theta = fit.params
    half_width = float(np.percentile(ndimage.distance_transform_edt(line)[line], 90)) - 0.5
    size = (line.shape[0], line.shape[1])
    closed = line | ellipse(size, (x, y), (a + half_width, b + half_width), float(np.degrees(theta)))
    return without_holes(closed)
