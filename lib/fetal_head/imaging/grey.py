"""Any pixel array -> one grey image, the same for the same picture whichever file it came in."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# ITU-R BT.601 luma, the weights that Pillow's "L" and JPEG's Y use. In thousandths sums of 8-bit colours are exact, so that a
# half is one on every machine
LUMA = np.array([299, 587, 114], dtype=np.float32)
# of all pixels together, float32 still holds the squares; beyond that a normalised picture is black, or holds no numbers
LARGEST_GREY = 1e12


def to_grey(pixels: NDArray[np.generic]) -> NDArray[np.float32]:
    """Grey values of an image, unscaled.

    Args:
        pixels: (rows, columns) grey, or (rows, columns, C) with C = 1 grey, 2 grey + alpha, 3 RGB, 4 RGBA. Alpha is dropped:
            it says how to lay the picture over another one, not what the probe heard.

    Returns:
        (rows, columns) float32. RGB whose channels are equal gives just that channel; of other colours that are whole numbers
        the luma is one too, so that fractions are always the file's own.

    Raises:
        ValueError: another shape, complex numbers, or a value that is not finite or beyond `LARGEST_GREY`.
    """
    if pixels.ndim == 3 and pixels.shape[2] <= 4:
        colours = {1: 1, 2: 1, 3: 3, 4: 3}[pixels.shape[2]]
        pixels = pixels[..., :colours]
    elif pixels.ndim != 2:
        raise ValueError(f"an image has shape (rows, columns) or (rows, columns, 1 to 4 channels), this one {pixels.shape}")
    if np.iscomplexobj(pixels):
        raise ValueError("the pixels are complex numbers; a B-mode image has real ones")

    if pixels.ndim == 3 and all(np.array_equal(pixels[..., 0], pixels[..., c]) for c in range(1, pixels.shape[2])):
        pixels = pixels[..., 0]
    values = np.ascontiguousarray(pixels, dtype=np.float32)
    # not a number is within no bounds
    if values.size and not (values.min() >= -LARGEST_GREY and values.max() <= LARGEST_GREY):
        raise ValueError(f"the image holds values that are not finite numbers, or beyond {LARGEST_GREY:g}: save its greys again")
    if values.ndim == 2:
        return values
    luma = values @ LUMA / 1000
    return np.asarray(np.rint(luma) if pixels.dtype.kind in "ui" else luma, dtype=np.float32)
