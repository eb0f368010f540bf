"""The head's own frame: centred, turned level and of one size, so that its small structures are always alike."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn.functional import grid_sample, interpolate

from fetal_head.biometry.ellipse import Ellipse
from fetal_head.imaging.mask import bounding_box

Window = tuple[slice, slice]

# length of the head's major axis in the frame, as a share of its columns: what is left is for a head found too small
HEAD_SHARE = 0.78


@dataclass(frozen=True)
class Frame:
    """A similar picture of a part of an image.

    Attributes:
        centre: (x, y) in the image of the frame's middle, in pixels from the centre of pixel (0, 0).
        angle: of the frame's rows against the image's, radians in [-pi/2, pi/2), turning from x towards y: up stays up.
        scale: pixels of the frame per pixel of the image.
    """

    centre: tuple[float, float]
    angle: float
    scale: float

    @classmethod
    def around(cls, head: Ellipse, size: tuple[int, int]) -> Frame:
        """The frame of `size` (rows, columns) in which a head, its ellipse given in pixels of the image, is level."""
        return cls(head.centre, head.angle, HEAD_SHARE * size[1] / head.major)

    def to_image(self, ellipse: Ellipse, size: tuple[int, int]) -> Ellipse:
        """An ellipse of the frame of `size`, in its pixels, as it lies in the image."""
        x, y, _ = (_to_image(self, size) @ torch.tensor([*ellipse.centre, 1.0], dtype=torch.float64)).tolist()
        angle = (ellipse.angle + self.angle + math.pi / 2) % math.pi - math.pi / 2
        return Ellipse((x, y), ellipse.major / self.scale, ellipse.minor / self.scale, angle)


def cut(planes: torch.Tensor, frame: Frame, size: tuple[int, int]) -> torch.Tensor:
    """(C, rows, columns) of an image -> (C, *size) in the frame, smoothed where made smaller, 0 beyond the image's border."""
    shape = (planes.shape[1], planes.shape[2])
    if frame.scale < 1:
        smaller = [max(1, round(side * frame.scale)) for side in shape]
        planes = interpolate(planes[None], size=smaller, mode="bilinear", align_corners=False, antialias=True)[0]
    theta = _units(shape) @ _to_image(frame, size) @ torch.linalg.inv(_units(size))
    return _sample(planes, theta, size)


def put_back(planes: torch.Tensor, frame: Frame, original: tuple[int, int], window: Window | None = None) -> torch.Tensor:
    """(C, H, W) of the frame -> (C, *original) of the image, 0 outside the frame; the inverse of `cut`.

    With a `window` of the image, (C, rows, columns) of that alone.
    """
    size, (rows, columns) = (planes.shape[1], planes.shape[2]), window or (slice(0, original[0]), slice(0, original[1]))
    part = (rows.stop - rows.start, columns.stop - columns.start)
    shift = torch.tensor([[1, 0, columns.start], [0, 1, rows.start], [0, 0, 1]], dtype=torch.float64)
    theta = _units(size) @ torch.linalg.inv(_to_image(frame, size)) @ shift @ torch.linalg.inv(_units(part))
    return _sample(planes, theta, part)


def window_of(region: NDArray[np.bool_], frame: Frame, original: tuple[int, int]) -> Window | None:
    """The part of an image in which a region of the frame lies, (H, W), with one pixel of the frame around it; None for none."""
    around = bounding_box(region)
    if around is None:
        return None
    rows, columns = around
    corners = [(x, y, 1.0) for x in (columns.start - 1, columns.stop) for y in (rows.start - 1, rows.stop)]
    size = (region.shape[0], region.shape[1])
    x, y, _ = (_to_image(frame, size) @ torch.tensor(corners, dtype=torch.float64).T).numpy()
    sides = [(max(0, math.floor(v.min())), min(side, math.ceil(v.max()) + 1)) for v, side in zip((y, x), original, strict=True)]
    return None if any(start >= stop for start, stop in sides) else (slice(*sides[0]), slice(*sides[1]))


def _to_image(frame: Frame, size: tuple[int, int]) -> torch.Tensor:
    """(3, 3): pixel (x, y, 1) of the frame -> pixel of the image."""
    cos, sin = math.cos(frame.angle) / frame.scale, math.sin(frame.angle) / frame.scale
    x, y = (size[1] - 1) / 2, (size[0] - 1) / 2
    centre = frame.centre
    return torch.tensor(
        [[cos, -sin, centre[0] - cos * x + sin * y], [sin, cos, centre[1] - sin * x - cos * y], [0, 0, 1]], dtype=torch.float64
    )


def _units(size: tuple[int, int]) -> torch.Tensor:
    """(3, 3): pixel (x, y, 1) -> torch's coordinates, in which the border of the image is at -1 and 1 whatever its size."""
    rows, columns = size
    return torch.tensor([[2 / columns, 0, 1 / columns - 1], [0, 2 / rows, 1 / rows - 1], [0, 0, 1]], dtype=torch.float64)


def _sample(planes: torch.Tensor, theta: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
    # `affine_grid` of torch multiplies matrices pixel by pixel, and takes four times as long
    y, x = ((2 * torch.arange(n, dtype=theta.dtype) + 1) / n - 1 for n in size)
    along_rows, along_columns = theta[:2, 1] * y[:, None] + theta[:2, 2], theta[:2, 0] * x[:, None]
    grid = along_rows.to(planes.dtype)[:, None] + along_columns.to(planes.dtype)
    return grid_sample(planes[None], grid[None], mode="bilinear", padding_mode="zeros", align_corners=False)[0]
