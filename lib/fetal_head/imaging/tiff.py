"""What TIFF alone can be: turned, negative, and with dots per inch that count in a viewer."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL.TiffImagePlugin import TiffImageFile

from fetal_head.imaging.geometry import Frame
from fetal_head.imaging.volume import check_frame

# TIFF 6.0, section 8: tags, and units of the resolution
PHOTOMETRIC, WHITE_IS_ZERO = 262, 0
X_RESOLUTION, Y_RESOLUTION, RESOLUTION_UNIT = 282, 283, 296
INCH, CENTIMETRE = 2, 3
MILLIMETRES = {INCH: 25.4, CENTIMETRE: 10.0}
# those that make rows of columns
ORIENTATION, TURNED = 274, (5, 6, 7, 8)


def check_tiff(image: TiffImageFile) -> None:
    """Raises ValueError for one that viewers see in another way, or in which nobody knows what is black."""
    orientation = image.getexif().get(ORIENTATION, 1)
    # Pillow and ITK both mirror TIFF as its Orientation says, but Pillow alone turns it, and heeds that of XMP
    if orientation in TURNED or orientation != image.tag_v2.get(ORIENTATION, 1):
        raise ValueError(f"is a TIFF turned by its Orientation {orientation}, which viewers see differently; save it upright")
    if _is_negative(image) and image.mode == "F":
        raise ValueError("is a floating-point TIFF whose white is 0, and its black nobody knows; save it with black as 0")


def tiff_numbers(image: TiffImageFile, pixels: NDArray[np.generic]) -> NDArray[np.generic]:
    """The pixels that Pillow gives, as the numbers that the file means."""
    if image.mode == "I;16" and _is_negative(image):
        # up to 8 bits, Pillow inverts them itself
        return 65535 - pixels.astype(np.uint16)
    return pixels


def tiff_frame(image: TiffImageFile) -> Frame:
    """As ITK's TIFFImageIO works it out, which itself never ends on a file whose directories go round in a circle."""
    tags = image.tag_v2
    millimetres = MILLIMETRES.get(tags.get(RESOLUTION_UNIT, 0))
    told = [tags[tag] for tag in (X_RESOLUTION, Y_RESOLUTION) if tag in tags]
    # ITK has them in single precision, takes 1 where both are missing, and neither where one is
    per_unit = [float(np.float32(value)) for value in told or (1, 1)]
    if millimetres is None or len(per_unit) < 2 or not all(resolution > 0 for resolution in per_unit):
        return Frame()
    frame = Frame(spacing=(millimetres / per_unit[0], millimetres / per_unit[1], 1.0))
    check_frame(frame)
    return frame


def _is_negative(image: TiffImageFile) -> bool:
    return bool(image.tag_v2.get(PHOTOMETRIC) == WHITE_IS_ZERO)
