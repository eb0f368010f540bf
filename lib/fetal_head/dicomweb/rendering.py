"""An image as a picture that any browser shows: DICOM PS3.18, 8.3.5."""

from __future__ import annotations

import io
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydicom.dataset import Dataset
from pydicom.pixel_data_handlers.util import apply_windowing

from fetal_head.imaging.limits import MAX_SIDE, check_pixels

FORMATS = {"image/jpeg": "JPEG", "image/png": "PNG"}
FUNCTIONS = ("linear", "linear-exact", "sigmoid")
QUALITY = 90


def rendered(pixels: NDArray[np.uint8], kind: str, params: Mapping[str, str]) -> bytes:
    """(rows, columns) pixels as a picture of the media type `kind`, with the `window`, `viewport` and `quality` of the request.

    Raises:
        ValueError: one of them is not what it has to be.
    """
    if "window" in params:
        pixels = _windowed(pixels, params["window"])
    picture = Image.fromarray(pixels)
    if "viewport" in params:
        picture = _in_viewport(picture, params["viewport"])
    quality = params.get("quality", str(QUALITY))
    if not quality.isdecimal() or not 1 <= int(quality) <= 100:
        raise ValueError(f"quality is a number from 1 to 100, not '{quality[:64]}'")
    file = io.BytesIO()
    picture.save(file, format=FORMATS[kind], **({"quality": int(quality)} if kind == "image/jpeg" else {}))
    return file.getvalue()


def _windowed(pixels: NDArray[np.uint8], text: str) -> NDArray[np.uint8]:
    """PS3.3 C.11.2.1.2, for 8 bits."""
    parts = text.lower().split(",")
    try:
        centre, width = (float(part) for part in parts[:2])
        function = parts[2] if len(parts) > 2 else "linear"
        if len(parts) > 3 or function not in FUNCTIONS or not (abs(centre) < 1e6 and 1 <= width < 1e6):
            raise ValueError
    except ValueError:
        raise ValueError(f"window is CENTER,WIDTH,FUNCTION such as 128,256,linear, not '{text[:64]}'") from None
    window = Dataset()
    window.PhotometricInterpretation, window.BitsStored, window.PixelRepresentation = "MONOCHROME2", 8, 0
    window.WindowCenter, window.WindowWidth = centre, width
    window.VOILUTFunction = function.upper().replace("-", "_")
    # far outside of a narrow window the exponential of "sigmoid" is too large for a number, and its share 0
    with np.errstate(over="ignore"):
        table = apply_windowing(np.arange(256, dtype=np.uint8), window)
    return np.asarray(np.rint(table).astype(np.uint8)[pixels])


def _in_viewport(picture: Image.Image, text: str) -> Image.Image:
    """The part of the picture that is asked for, as large as fits into the viewport."""
    try:
        said = [int(part) if part else None for part in text.split(",")]
        if len(said) not in (2, 6) or any(value is not None and not 0 <= value <= MAX_SIDE for value in said):
            raise ValueError
        columns, rows = (value or 0 for value in said[:2])
        check_pixels((columns, rows))
        left, top, width, height = (said[2:] or [None] * 4)[:4]
        left, top = left or 0, top or 0
        right, bottom = left + (width or picture.width - left), top + (height or picture.height - top)
        if not (left < right <= picture.width and top < bottom <= picture.height):
            raise ValueError
    except ValueError:
        expected = "WIDTH,HEIGHT or WIDTH,HEIGHT,X,Y,WIDTH,HEIGHT within the image"
        raise ValueError(f"viewport is {expected}, not '{text[:64]}'") from None
    part = picture.crop((left, top, right, bottom))
    scale = min(columns / part.width, rows / part.height)
    size = max(1, round(part.width * scale)), max(1, round(part.height * scale))
    return part.resize(size, Image.Resampling.BILINEAR if scale > 1 else Image.Resampling.BOX)
