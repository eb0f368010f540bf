"""The one way into the networks: training, inference and scoring share it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn.functional import interpolate, pad

from fetal_head.imaging import Mask
from fetal_head.imaging.mask import region_of
from fetal_head.labels import NAMES


@dataclass(frozen=True)
class Placement:
    """Where an image lies in the network's input: `content` (rows, columns) of it at (`top`, `left`), the rest is black."""

    original: tuple[int, int]
    content: tuple[int, int]
    top: int
    left: int


def placement(original: tuple[int, int], size: tuple[int, int]) -> Placement:
    """The largest centred copy of an `original` (rows, columns) image in the network's `size`, aspect kept."""
    scale = min(size[0] / original[0], size[1] / original[1])
    rows, columns = (min(limit, max(1, round(side * scale))) for side, limit in zip(original, size, strict=True))
    return Placement(original, (rows, columns), (size[0] - rows) // 2, (size[1] - columns) // 2)


def place(planes: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
    """(C, rows, columns) float -> (C, *size): resized with pixel centres in register, smoothed where made smaller, 0 around."""
    where = placement((planes.shape[1], planes.shape[2]), size)
    content = interpolate(planes[None], size=where.content, mode="bilinear", align_corners=False, antialias=True)[0]
    right = size[1] - where.left - where.content[1]
    bottom = size[0] - where.top - where.content[0]
    return pad(content, (where.left, right, where.top, bottom))


def normalise(image: NDArray[np.float32]) -> torch.Tensor:
    """A grey image, (rows, columns) in any range -> (1, rows, columns): black at 0, in units of the standard deviation.

    The result is the same for any linear change of grey (8 or 16 bit), and zero padding stays black.
    """
    deviation = image.std()
    return torch.from_numpy((image - image.min()) / np.float32(deviation if deviation > 0 else 1))[None]


def nested_planes(mask: Mask) -> torch.Tensor:
    """A (rows, columns) mask -> (3, rows, columns) float: the whole head as `region_of` has it, CSP and LV."""
    return torch.from_numpy(np.stack([region_of(mask, name) for name in NAMES])).float()
