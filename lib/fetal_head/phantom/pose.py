"""How the head stands in the picture: magnification, place and turn, as measured in annotated images."""

from __future__ import annotations

from dataclasses import dataclass
from math import radians

import numpy as np

from fetal_head.phantom.anatomy import Size
from fetal_head.phantom.axes import Axes, Ellipse
from fetal_head.phantom.scan import Frame

CUT = 0.1  # share of pictures magnified so far that the head does not fit in
NATIVE = (540, 800)
STRETCHED = (661, 959)  # the same pictures resampled by a factor of its own for each axis


@dataclass(frozen=True)
class Pose:
    """The frame of the picture, the axes of the head in it, and whether the frame cuts the head."""

    frame: Frame
    axes: Axes
    cut: bool


def draw_pose(rng: np.random.Generator, size: Size) -> Pose:
    """A frame about the head: isotropic at its native 540 x 800 pixels, or stretched from there."""
    cut = rng.random() < CUT
    facing = 1 if rng.random() < 0.5 else -1
    angle = _draw_angle(rng)
    at_origin = Ellipse(Axes(0.0, 0.0, angle, facing), size.major, size.minor)
    half_width, half_height = at_origin.half_extent()

    rows, columns = NATIVE
    share = rng.uniform(0.5, 0.64) if cut else float(np.clip(rng.normal(0.318, 0.045), 0.15, 0.43))
    spacing = size.major / (share * columns)
    if not cut:
        spacing = max(spacing, 2 * half_width / columns, 2 * half_height / rows)

    x = rng.normal(0.485, 0.065) * columns * spacing
    y = rng.normal(0.48, 0.06) * rows * spacing
    if not cut:
        x = float(np.clip(x, half_width, columns * spacing - half_width))
        y = float(np.clip(y, half_height, rows * spacing - half_height))
    return Pose(_draw_frame(rng, spacing), Axes(x, y, angle, facing), cut)


def _draw_angle(rng: np.random.Generator) -> float:
    kind = rng.random()
    if kind < 0.65:
        return radians(rng.normal(2, 6))
    if kind < 0.97:
        return radians(float(np.clip(rng.normal(0, 20), -45, 45)))
    return radians(rng.uniform(-75, 75))


def _draw_frame(rng: np.random.Generator, spacing: float) -> Frame:
    rows, columns = NATIVE
    if rng.random() < 0.4:
        return Frame(rows, columns, (spacing, spacing))
    tall, wide = STRETCHED
    return Frame(tall, wide, (spacing * rows / tall, spacing * columns / wide))
