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
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile

from fetal_head.imaging.geometry import Frame
from fetal_head.imaging.limits import check_pixels
from fetal_head.imaging.tiff import BITS_PER_SAMPLE, ORIENTATION, check_tiff, is_tiff, tiff_frame, tiff_numbers
from fetal_head.imaging.volume import itk_frame

PNG_SIGNATURE, PNG_CHUNK = 8, struct.Struct(">I4s")
# BITMAPFILEHEADER, and of the header behind it its size and where either kind has the bits of a pixel
BMP_HEADER, BMP_CORE = struct.Struct("<14sI6xH2xH"), 12
# the modes in which Pillow has 8 bits of each colour, however many the file has
COLOURS, EIGHT_BITS = ("RGB", "RGBA", "CMYK"), 8
NOT_UPRIGHT = range(2, 9)
SUFFIXES = {"PNG": ".png", "JPEG": ".jpg", "TIFF": ".tif", "BMP": ".bmp"}


@contextmanager
def opened(path: Path) -> Iterator[Image.Image]:
    """A picture whose pixels are not decoded yet.

    Raises:
        ValueError: it is none, has several frames, is too large, or is one that Pillow or a viewer sees in another way.
    """
    try:
        image = Image.open(path, formats=tuple(SUFFIXES))
    except UnidentifiedImageError as error:
        if is_tiff(path):
            raise ValueError("is a damaged TIFF, or of a kind that is not read; save it in 8 or 16 bits of grey") from error
        raise ValueError("is no PNG, JPEG, TIFF, BMP, NIfTI, NRRD or DICOM image") from error
    with image:
        check_pixels(image.size)
        if _has_more_frames(image):
            raise ValueError("holds more than one frame; one single 2D image is expected")
        if image.mode in COLOURS and _bits(image) > EIGHT_BITS:
            raise ValueError("has 16 bits a channel, of which 8 would be lost; save it with 8 bits a channel, or as 16-bit grey")
        if isinstance(image, TiffImageFile):
            check_tiff(image)
        # Pillow takes the bytes for eight pixels each
        if image.format == "BMP" and image.mode == "1" and (bits := _bmp_bits(path)) > 1:
            raise ValueError(f"is a BMP of {bits} bits with a palette of black and white, which is read as noise; save it as PNG")
        yield image


def raster_pixels(image: Image.Image) -> NDArray[np.generic]:
    """Pixels, (rows, columns) or (rows, columns, 3 or 4) RGB.

    Image and mask must agree in the viewer, so the orientation of TIFF is applied, as ITK does, and that of PNG and JPEG ignored.

    Raises:
        ValueError: they cannot be decoded.
    """
    try:
        image.load()
    except (OSError, ValueError) as error:
        raise ValueError(f"its pixels cannot be decoded: {error}; save it again") from error
    # only this way grey gets rid of alpha that it was multiplied with
    plain = image.convert("LA") if image.mode == "La" else image
    if plain.mode in ("1", "LA"):
        plain = plain.convert("L")
    elif plain.mode in ("P", "PA", "CMYK", "YCbCr", "LAB"):
        plain = plain.convert("RGB")
    pixels: NDArray[np.generic] = np.asarray(plain)
    return tiff_numbers(image, pixels) if isinstance(image, TiffImageFile) else pixels


def raster_frame(path: Path, image: Image.Image) -> Frame:
    """The frame that ITK gives a picture.

    The dots per inch of JPEG and TIFF count in a viewer, those of PNG and BMP do not; but ITK writes into a PNG how long its
    pixels are (sCAL), as metres what it means as millimetres, and reads it.
    """
    if isinstance(image, TiffImageFile):
        return tiff_frame(image)
    if image.format == "JPEG":
        return itk_frame(path, "JPEGImageIO")
    return itk_frame(path, "PNGImageIO") if image.format == "PNG" and _has_scale(path) else Frame()


def check_exif(image: Image.Image) -> None:
    """Raises ValueError for a PNG or JPEG that EXIF or XMP turns: many programs heed it, viewers and `raster_pixels` do not."""
    try:
        # that of a PNG decodes it to look behind its pixels, too
        orientation = Image.Image.getexif(image).get(ORIENTATION)
    except Exception:  # what nobody can read turns nothing
        return
    if image.format != "TIFF" and orientation in NOT_UPRIGHT:
        raise ValueError(
            f"is shown turned by its EXIF or XMP orientation {orientation} in some programs and not in others, so nobody knows "
            "where in it something was drawn; save it upright, and annotate that"
        )


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


def _bits(image: Image.Image) -> int:
    """Those of each colour in the file, of which Pillow keeps the upper 8."""
    if isinstance(image, TiffImageFile):
        return int(max(image.tag_v2.get(BITS_PER_SAMPLE, (EIGHT_BITS,))))
    is_wide = isinstance(image, PngImageFile) and any(str(tile.args).endswith(";16B") for tile in image.tile)
    return 2 * EIGHT_BITS if is_wide else EIGHT_BITS


def _bmp_bits(path: Path) -> int:
    """Bits of a pixel of a BMP."""
    with path.open("rb") as file:
        header = file.read(BMP_HEADER.size)
    _, size, of_core, of_info = BMP_HEADER.unpack(header)
    return int(of_core if size == BMP_CORE else of_info)


def _has_more_frames(image: Image.Image) -> bool:
    if image.format != "TIFF":
        return getattr(image, "n_frames", 1) > 1
    # to count them, Pillow would read all that there are, and a small file can hold a hundred thousand
    try:
        image.seek(1)
    except EOFError:
        return False
    return True
