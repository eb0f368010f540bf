"""Where an image's pixels are: in its file, in a viewer's space, and in millimetres."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True)
class Frame:
    """Where ITK, and with it every viewer built on it, puts a file's pixels (x = columns, y = rows, z; LPS, in its own units).

    A mask that carries its image's frame lies on the image pixel for pixel. The spacing here is whatever the file makes ITK
    believe: a JPEG's dots per inch count, so it must never be used to measure.
    """

    origin: tuple[float, float, float] = (0.0, 0.0, 0.0)
    spacing: tuple[float, float, float] = (1.0, 1.0, 1.0)
    direction: tuple[float, ...] = tuple(np.eye(3).ravel().tolist())


@dataclass(frozen=True)
class Geometry:
    """Size and scale of one image.

    Attributes:
        shape: (rows, columns) of the original image.
        spacing: millimetres per pixel along (rows, columns), or None where nobody knows it.
        frame: the file's place in a viewer's space.
    """

    shape: tuple[int, int]
    spacing: tuple[float, float] | None = None
    frame: Frame = field(default_factory=Frame)
