"""The head as a mask: a filled ellipse with two oriented rectangles on it, as the annotators draw them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fetal_head.labels import BACKGROUND, BRAIN, CSP, LV
from fetal_head.phantom.anatomy import Head
from fetal_head.phantom.axes import Box, Ellipse, Float
from fetal_head.phantom.pose import Pose
from fetal_head.phantom.scan import Frame


def draw_mask(head: Head, pose: Pose) -> NDArray[np.uint8]:
    """Labels on (rows, columns). A head that the frame cuts has no BRAIN."""
    x, y = pixel_centres(pose.frame)
    mask = np.full((pose.frame.rows, pose.frame.columns), BACKGROUND, np.uint8)
    for shape, structure in ((None if pose.cut else head.skull, BRAIN), (head.csp, CSP), (head.lv, LV)):
        if shape is not None:
            near = _window(shape, pose.frame)
            mask[near][shape.contains(x[:, near[1]], y[near[0]])] = structure.value
    return mask


def _window(shape: Box | Ellipse, frame: Frame) -> tuple[slice, slice]:
    """The rows and columns of an upright window around `shape`."""
    x, y = shape.corners()
    rows, columns = y / frame.spacing[0], x / frame.spacing[1]
    return _span(rows), _span(columns)


def _span(positions: Float) -> slice:
    return slice(max(int(positions.min()), 0), max(int(positions.max()) + 1, 0))


def pixel_centres(frame: Frame) -> tuple[Float, Float]:
    """x (1, columns) and y (rows, 1) in mm of the middles of the pixels."""
    x = (np.arange(frame.columns, dtype=np.float32) + np.float32(0.5)) * np.float32(frame.spacing[1])
    y = (np.arange(frame.rows, dtype=np.float32) + np.float32(0.5)) * np.float32(frame.spacing[0])
    return x[None, :], y[:, None]
