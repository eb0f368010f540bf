"""What TIFF alone can be: of many kinds of number, turned, negative, and with dots per inch that count in a viewer."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL.TiffImagePlugin import TiffImageFile

from fetal_head.imaging.geometry import Frame
from fetal_head.imaging.volume import check_frame

# those of plain and of big TIFF, each in both orders of bytes
SIGNATURES = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
BIG_ENDIAN = b"MM"
# TIFF 6.0, section 8: tags, and units of the resolution
BITS_PER_SAMPLE = 258
COMPRESSION, UNCOMPRESSED = 259, 1
PHOTOMETRIC, WHITE_IS_ZERO = 262, 0
COLOUR_MAP, LARGEST_BYTE = 320, 255
X_RESOLUTION, Y_RESOLUTION, RESOLUTION_UNIT = 282, 283, 296
INCH, CENTIMETRE = 2, 3
MILLIMETRES = {INCH: 25.4, CENTIMETRE: 10.0}
# those that make rows of columns
ORIENTATION, TURNED = 274, (5, 6, 7, 8)
SAMPLE_FORMAT, UNSIGNED, SIGNED = 339, 1, 2


def is_tiff(path: Path) -> bool:
    """Whether a file says that it is one, whoever can read it."""
    with path.open("rb") as file:
        return file.read(4) in SIGNATURES


def check_tiff(image: TiffImageFile) -> None:
    """Raises ValueError for one that viewers see in another way, whose black nobody knows, or that Pillow reads as noise."""
    orientation = image.getexif().get(ORIENTATION, 1)
    # Pillow and ITK both mirror TIFF as its Orientation says, but Pillow alone turns it, and heeds that of XMP
    if orientation in TURNED or orientation != image.tag_v2.get(ORIENTATION, 1):
        raise ValueError(f"is a TIFF turned by its Orientation {orientation}, which viewers see differently; save it upright")
    # Pillow takes it for white then where there are 8 bits, and for black where there are more
    if PHOTOMETRIC not in image.tag_v2:
        raise ValueError("is a TIFF that does not say whether its 0 is black or white; save it again")
    if _is_negative(image) and image.mode == "F":
        raise ValueError("is a floating-point TIFF whose white is 0, and its black nobody knows; save it with black as 0")
    # Pillow turns the bytes of each number, which its decompressor has turned already
    is_packed = image.tag_v2.get(COMPRESSION, UNCOMPRESSED) != UNCOMPRESSED
    if is_packed and image.tag_v2.prefix == BIG_ENDIAN and image.mode in ("I", "F"):
        raise ValueError("is a compressed, big-endian TIFF of signed or floating-point numbers; save it uncompressed")


def tiff_numbers(image: TiffImageFile, pixels: NDArray[np.generic]) -> NDArray[np.generic]:
    """The pixels that Pillow gives, as the numbers that the file means."""
    if image.mode == "I;16" and _is_negative(image):
        # up to 8 bits, Pillow inverts them itself
        return 65535 - pixels.astype(np.uint16)
    if image.mode == "P" and max(image.tag_v2[COLOUR_MAP]) <= LARGEST_BYTE:
        # some write 8 bits of colour into 16, of which Pillow takes the upper ones
        colours = np.asarray(image.tag_v2[COLOUR_MAP], dtype=np.uint8).reshape(3, -1)
        return np.take(colours.T, np.asarray(image), axis=0)
    # Pillow's 8 bits have no sign, and its 32 bits always do
    sign = image.tag_v2.get(SAMPLE_FORMAT, (UNSIGNED,))[0]
    if image.mode == "L" and sign == SIGNED:
        return pixels.view(np.int8)
    return pixels.view(np.uint32) if image.mode == "I" and sign == UNSIGNED else pixels


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
