"""Grey values as PNG and DICOM ultrasound keep them: whole numbers, of 8 or 16 bits."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def eight_bits(grey: NDArray[np.generic]) -> NDArray[np.uint8]:
    """The grey image of a file in 8 bits: values of 8-bit files as they are, others from 0 to 255.

    Args:
        grey: (rows, columns) in the file's own range, as `read_image` gives it.
    """
    return np.asarray(grey if _has_eight_bits(grey) else _spread(grey, 255), dtype=np.uint8)


def whole_numbers(grey: NDArray[np.generic]) -> NDArray[np.uint8] | NDArray[np.uint16]:
    """The grey image of a file in the 8 or 16 bits that hold its values as they are, rounded; others from 0 to 65535.

    Others are those below 0 or above 65535, and fractions within 0..255: rounding would leave a handful of greys of them.

    Args:
        grey: as `eight_bits` has it.
    """
    if _has_eight_bits(grey):
        return np.asarray(grey, dtype=np.uint8)
    kept = grey.min() >= 0 and 255 < grey.max() <= 65535
    return np.asarray(np.rint(grey) if kept else _spread(grey, 65535), dtype=np.uint16)


def _has_eight_bits(grey: NDArray[np.generic]) -> bool:
    return bool(grey.min() >= 0 and grey.max() <= 255 and np.array_equal(grey, np.rint(grey)))


def _spread(grey: NDArray[np.generic], highest: int) -> NDArray[np.float64]:
    """The values from 0 to `highest`, rounded."""
    low, high = float(grey.min()), float(grey.max())
    scaled = (grey.astype(np.float64) - low) * (highest / (high - low) if high > low else 0)
    return np.asarray(np.rint(scaled))
