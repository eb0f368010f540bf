"""Annotations of many images, in any of the formats that annotation tools export."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Protocol

import numpy as np
from scipy.ndimage import binary_erosion

from fetal_head.datasets.pixel_size import PixelSize
from fetal_head.imaging import Mask
from fetal_head.imaging.mask import Region, check_shape
from fetal_head.labels import CSP, LV


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


def check_names(path: Path, stems: Iterable[str], annotated: Iterable[str]) -> None:
    """Raises ValueError where an image that is annotated in a file shares its name, without folders, with another one there."""
    counts = Counter(stems)
    if twice := [stem for stem in annotated if counts[stem] > 1]:
        reason = "and what is drawn could be of either; keep one of them, or rename it"
        raise ValueError(f"{path.name}: two images are called {twice[0]}, {reason}")


def blank(size: tuple[int, int], shape: tuple[int, int]) -> Mask:
    """An empty mask of the annotated `size`. Raises ValueError when that is not the image's `shape`, both (rows, columns)."""
    # a size that is only claimed can be larger than numpy counts, so it is no array until it is the image's
    check_shape(size, shape)
    return np.zeros(shape, dtype=np.uint8)


def drawn(mask: Mask, regions: Iterable[tuple[int, Region]]) -> Mask:
    """`mask` with (value, region) pairs drawn into it, CSP and LV over the BRAIN in which they lie.

    Raises:
        ValueError: CSP and LV overlap by more than the rims of outlines that touch; of a rim, LV takes the pixels.
    """
    whole: dict[int, Region] = defaultdict(lambda: np.zeros(mask.shape, dtype=np.bool_))
    for value, region in regions:
        whole[value] |= region
    _check_apart(whole[CSP.value], whole[LV.value])
    for value in sorted(whole):
        mask[whole[value]] = value
    return mask


def _check_apart(csp: Region, lv: Region) -> None:
    # two lines drawn along one another cross by a pixel or two, which is nobody's mistake and costs neither structure its
    # form. What is wider than that was drawn twice: whichever won, the other would be learned as smaller, or as not there
    both = csp & lv
    shared = np.count_nonzero(both)
    is_rim = not binary_erosion(both).any() and 2 * shared < min(np.count_nonzero(csp), np.count_nonzero(lv))
    if shared and not is_rim:
        raise ValueError(f"CSP and LV overlap in {shared} pixels; draw them so that each pixel belongs to one of them")
