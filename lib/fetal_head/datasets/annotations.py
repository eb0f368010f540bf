"""Annotations of many images, in any of the formats that annotation tools export."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Protocol

import numpy as np

from fetal_head.datasets.pixel_size import PixelSize
from fetal_head.datasets.shapes import Region
from fetal_head.imaging import Mask
from fetal_head.imaging.mask import check_shape


class Annotations(Protocol):
    """The annotations of one file or folder, by the image's name without extension.

    Attributes:
        path: the file or folder.
        strangers: how often a class is drawn of which nothing is known, where that can be told without reading the masks.
        sizes: of an image's pixels, where the file tells.
    """

    path: Path
    strangers: Counter[str]
    sizes: dict[str, PixelSize]

    @property
    def stems(self) -> Collection[str]:
        """The images that are annotated."""

    def mask(self, stem: str, shape: tuple[int, int]) -> Mask:
        """The mask of one image of (rows, columns) `shape`. Raises ValueError where it cannot be had."""

    def annotated(self, stem: str, mask: Mask) -> tuple[str, ...]:
        """The structures that were looked for in one image, of which `mask` is all that is drawn."""


def blank(size: tuple[int, int], shape: tuple[int, int]) -> Mask:
    """An empty mask of the annotated `size`. Raises ValueError when that is not the image's `shape`, both (rows, columns)."""
    # a size that is only claimed can be larger than numpy counts, so it is no array until it is the image's
    check_shape(size, shape)
    return np.zeros(shape, dtype=np.uint8)


def drawn(mask: Mask, regions: Iterable[tuple[int, Region]]) -> Mask:
    """`mask` with (value, region) pairs drawn into it, CSP and LV over the BRAIN in which they lie."""
    for value, region in sorted(regions, key=lambda pair: pair[0]):
        mask[region] = value
    return mask
