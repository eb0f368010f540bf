"""PNG, JPEG, TIFF and BMP pictures, images and masks alike."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError
from PIL.TiffImagePlugin import TiffImageFile

from fetal_head.imaging.geometry import Frame
from fetal_head.imaging.limits import check_pixels
from fetal_head.imaging.volume import check_frame, itk_frame

# TIFF 6.0, section 8: tags, and units of the resolution
X_RESOLUTION, Y_RESOLUTION, RESOLUTION_UNIT = 282, 283, 296
INCH, CENTIMETRE = 2, 3
MILLIMETRES = {INCH: 25.4, CENTIMETRE: 10.0}
# those that make rows of columns
ORIENTATION, TURNED = 274, (5, 6, 7, 8)
PHOTOMETRIC, WHITE_IS_ZERO = 262, 0
PNG_SIGNATURE, PNG_CHUNK = 8, struct.Struct(">I4s")
SUFFIXES = {"PNG": ".png", "JPEG": ".jpg", "TIFF": ".tif", "BMP": ".bmp"}


@contextmanager
def opened(path: Path) -> Iterator[Image.Image]:
    """A picture whose pixels are not decoded yet.

    Raises:
        ValueError: it is none, has several frames, is too large, or is a TIFF that viewers turn in other ways.
    """
    try:
        image = Image.open(path, formats=tuple(SUFFIXES))
    except UnidentifiedImageError as error:
        raise ValueError("is no PNG, JPEG, TIFF, BMP, NIfTI, NRRD or DICOM image") from error
    with image:
        check_pixels(image.size)
        if _has_more_frames(image):
            raise ValueError("holds more than one frame; one single 2D image is expected")
        if isinstance(image, TiffImageFile):
            _check_orientation(image)
        yield image


def raster_pixels(image: Image.Image) -> NDArray[np.generic]:
    """Pixels, (rows, columns) or (rows, columns, 3 or 4) RGB.

    Image and mask must agree in the viewer, so the orientation of TIFF is applied, as ITK does, and that of PNG and JPEG ignored.

    Raises:
        ValueError: a TIFF of floating-point numbers of which the smallest is white.
    """
    is_negative = isinstance(image, TiffImageFile) and image.tag_v2.get(PHOTOMETRIC) == WHITE_IS_ZERO
    if is_negative and image.mode == "F":
        raise ValueError("is a floating-point TIFF whose white is 0, and its black nobody knows; save it with black as 0")
    if image.mode in ("P", "CMYK", "YCbCr", "LAB", "HSV"):
        image = image.convert("RGB")
    elif image.mode in ("1", "LA", "PA", "La"):
        image = image.convert("L" if image.mode in ("1", "LA", "La") else "RGB")
    if is_negative and image.mode == "I;16":
        # up to 8 bits, Pillow inverts them itself
        return 65535 - np.asarray(image, dtype=np.uint16)
    return np.asarray(image)


def raster_frame(path: Path, image: Image.Image) -> Frame:
    """The frame that ITK gives a picture.

    The dots per inch of JPEG and TIFF count in a viewer, those of PNG and BMP do not; but ITK writes into a PNG how long its
    pixels are (sCAL), as metres what it means as millimetres, and reads it.
    """
    if isinstance(image, TiffImageFile):
        return _tiff_frame(image)
    if image.format == "JPEG":
        return itk_frame(path, "JPEGImageIO")
    return itk_frame(path, "PNGImageIO") if image.format == "PNG" and _has_scale(path) else Frame()


def _has_scale(path: Path) -> bool:
    """Whether a PNG says how long its pixels are: ITK takes a millisecond to find that it does not, and pictures are many."""
    with path.open("rb") as file:
        file.seek(PNG_SIGNATURE)
        while len(head := file.read(PNG_CHUNK.size)) == PNG_CHUNK.size:
            length, kind = PNG_CHUNK.unpack(head)
            if kind in (b"sCAL", b"IDAT"):
                return bool(kind == b"sCAL")
            # behind a chunk is its checksum
            file.seek(length + 4, os.SEEK_CUR)
    return False


def _tiff_frame(image: TiffImageFile) -> Frame:
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


def _check_orientation(image: TiffImageFile) -> None:
    """Pillow and ITK both mirror TIFF as its Orientation says, but Pillow alone turns it, and heeds that of XMP."""
    orientation = image.getexif().get(ORIENTATION, 1)
    if orientation in TURNED or orientation != image.tag_v2.get(ORIENTATION, 1):
        raise ValueError(f"is a TIFF turned by its Orientation {orientation}, which viewers see differently; save it upright")


def _has_more_frames(image: Image.Image) -> bool:
    if image.format != "TIFF":
        return getattr(image, "n_frames", 1) > 1
    # to count them, Pillow would read all that there are, and a small file can hold a hundred thousand
    try:
        image.seek(1)
    except EOFError:
        return False
    return True
