"""Masks that can be told from each other: each carries a number in its first row."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image

from fetal_head.imaging import Mask

SHAPE = (60, 90)
BITS = 32


def mask_of(number: int) -> Mask:
    """The mask of a number: a head with a CSP, an LV, and the number's bits as two pixels each."""
    rows, columns = np.mgrid[: SHAPE[0], : SHAPE[1]]
    mask = ((((columns - 40) / 30) ** 2 + ((rows - 33) / 20) ** 2) <= 1).astype(np.uint8)
    mask[30:35, 20:27] = 2
    mask[40:44, 40:55] = 3
    bits = [number >> place & 1 for place in range(BITS)]
    mask[0, : 2 * BITS] = 3 * np.repeat(bits, 2)
    return mask


def number_of(mask: Mask) -> int | None:
    """The number of a mask; None for one that is none of these, pixel for pixel."""
    number = sum(1 << place for place in range(BITS) if mask[0, 2 * place])
    return number if mask.shape == SHAPE and bool((mask == mask_of(number)).all()) else None


def png_of(mask: Mask) -> bytes:
    """The mask as a file that a client sends."""
    file = BytesIO()
    Image.fromarray(mask).save(file, format="PNG")
    return file.getvalue()


def write_images(folder: Path, count: int) -> list[str]:
    """A study folder of small images; their ids."""
    folder.mkdir(parents=True, exist_ok=True)
    ids = [f"image{number:04d}" for number in range(count)]
    for number, name in enumerate(ids):
        picture = np.random.default_rng(number).integers(0, 40, SHAPE, dtype=np.uint8) + 60 * mask_of(0)
        Image.fromarray(picture.astype(np.uint8)).save(folder / f"{name}.png")
    return ids
