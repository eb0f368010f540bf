"""A true mask, as people draw and keep it."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from fetal_head.datasets.hc18 import ANNOTATIONS, read_annotation
from fetal_head.datasets.names import stem_of
from fetal_head.files import suffix_of
from fetal_head.imaging import Mask, annotated_in, read_image, read_mask
from fetal_head.labels import BRAIN

PICTURES = (".png", ".bmp", ".tif", ".tiff")


def read_truth(path: Path, shape: tuple[int, int], *, by_name: bool = True) -> tuple[Mask, tuple[str, ...]]:
    """A mask and the structures that it speaks of.

    A black and white drawing of a head, outline or filled, speaks of BRAIN alone. So does any file of HC18's naming. What looks
    like one, but is a CSP or LV by the numbers of its palette, is a mask.

    Args:
        by_name: HC18's naming tells; not where masks bear just their images' names, whatever those end in.

    Raises:
        ValueError: unreadable, not of the image's (rows, columns) `shape`, or values that are no structure.
    """
    if (by_name and stem_of(path).endswith(ANNOTATIONS)) or _is_drawing(path):
        return read_annotation(path, shape), (BRAIN.name,)
    mask = read_mask(path, shape)
    return mask, annotated_in(mask)


def is_truth(path: Path) -> bool:
    """Whether a file is a mask or a drawing by what it holds, and no image. Raises ValueError for a picture that is damaged."""
    try:
        read_mask(path)
    except ValueError:
        return _is_drawing(path)
    return True


def _is_drawing(path: Path) -> bool:
    if suffix_of(path) not in PICTURES:
        return False
    picture, _ = read_image(path)
    if picture.max() != 255 or not np.isin(picture, (0, 255)).all():
        return False
    try:
        return bool((read_mask(path) <= BRAIN.value).all())
    except ValueError:  # 255 is no structure
        return True
