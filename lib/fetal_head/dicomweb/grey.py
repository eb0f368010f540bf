"""Grey values as DICOM ultrasound keeps them: 8 bits."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# what the weights of luma leave of 8-bit colours
THOUSANDTHS = np.float32(1000)


def eight_bits(grey: NDArray[np.float32]) -> NDArray[np.uint8]:
    """The grey image of a file in 8 bits: values of 8-bit files as they are, those of colours rounded, others from 0 to 255.

    Args:
        grey: (rows, columns) in the file's own range, as `read_image` gives it.
    """
    if _has_eight_bits(grey):
        return np.asarray(np.rint(grey), dtype=np.uint8)
    low, high = float(grey.min()), float(grey.max())
    scaled = (grey.astype(np.float64) - low) * (255 / (high - low) if high > low else 0)
    return np.asarray(np.rint(scaled), dtype=np.uint8)


def _has_eight_bits(grey: NDArray[np.float32]) -> bool:
    """Whether it comes from a file of 8 bits: whole numbers, or the luma of such, which has three decimals."""
    if grey.min() < 0 or grey.max() > 255:
        return False
    if np.array_equal(grey, np.rint(grey)):
        return True
    thousands = grey * THOUSANDTHS
    return bool(grey.max() > 1 and (np.abs(thousands - np.rint(thousands)) < 0.1).all())
