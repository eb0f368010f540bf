"""Pictures whose files say how they are turned, or what their white is."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from numpy.testing import assert_array_equal
from PIL import Image

from fetal_head.imaging import read_image
from hostile.rasters import png
from pictures import speckle, write_picture

GREY = speckle(60, 90)
WIDE = GREY.astype(np.uint16) * 257
ORIENTATION, PHOTOMETRIC, XMP = 274, 262, 700
# PNG's colour types
COLOURS, GREY_ALPHA, COLOURS_ALPHA = 2, 4, 6
COMPRESSIONS = (None, "tiff_lzw")


@pytest.mark.parametrize("compression", COMPRESSIONS)
@pytest.mark.parametrize("orientation", [1, 2, 3, 4])
def test_tiff_that_is_mirrored_is_as_viewers_have_it(tmp_path: Path, orientation: int, compression: str | None) -> None:
    path = write_picture(tmp_path / "a.tif", GREY, compression=compression, tiffinfo={ORIENTATION: orientation})
    # ITK makes colours of one that is not stored upright
    theirs = sitk.GetArrayFromImage(sitk.ReadImage(str(path))).reshape(60, 90, -1)[..., 0]
    assert_array_equal(read_image(path)[0], theirs)


@pytest.mark.parametrize("compression", COMPRESSIONS)
@pytest.mark.parametrize("orientation", [5, 6, 7, 8])
def test_tiff_that_is_turned_is_refused(tmp_path: Path, orientation: int, compression: str | None) -> None:
    path = write_picture(tmp_path / "a.tif", GREY, compression=compression, tiffinfo={ORIENTATION: orientation})
    with pytest.raises(ValueError, match=f"Orientation {orientation}.*save it"):
        read_image(path)


def test_tiff_that_only_its_xmp_turns_is_refused(tmp_path: Path) -> None:
    path = write_picture(tmp_path / "a.tif", GREY, tiffinfo={XMP: b'<rdf:Description tiff:Orientation="3"/>'})
    with pytest.raises(ValueError, match=r"Orientation 3.*save it"):
        read_image(path)


@pytest.mark.parametrize("name", ["a.png", "a.jpg"])
def test_other_pictures_stay_as_they_are_stored(tmp_path: Path, name: str) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    plain = read_image(write_picture(tmp_path / f"plain-{name}", GREY))[0]
    assert_array_equal(read_image(write_picture(tmp_path / name, GREY, exif=exif))[0], plain)


@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_tiff_whose_white_is_zero(tmp_path: Path, compression: str | None) -> None:
    options = {"compression": compression, "tiffinfo": {PHOTOMETRIC: 0}}
    # Pillow inverts what it writes, but for 16 bits
    assert_array_equal(read_image(write_picture(tmp_path / "a.tif", GREY, **options))[0], GREY)
    assert_array_equal(read_image(write_picture(tmp_path / "a.tif", GREY > 99, **options))[0], 255 * (GREY > 99))
    assert_array_equal(read_image(write_picture(tmp_path / "a.tif", 65535 - WIDE, **options))[0], WIDE)
    with pytest.raises(ValueError, match="floating-point TIFF whose white is 0"):
        read_image(write_picture(tmp_path / "a.tif", GREY.astype(np.float32), **options))


@pytest.mark.parametrize("colour", [COLOURS, GREY_ALPHA, COLOURS_ALPHA])
def test_png_whose_colours_have_sixteen_bits_is_refused(tmp_path: Path, colour: int) -> None:
    """Pillow would read the upper 8 bits, which of a 12-bit image are 16 greys; grey alone keeps all of them."""
    samples = {COLOURS: 3, GREY_ALPHA: 2, COLOURS_ALPHA: 4}[colour]
    lines = b"".join(b"\0" + (row.astype(">u2") * 16).tobytes() for row in np.repeat(GREY, samples, axis=1))
    path = tmp_path / "a.png"
    path.write_bytes(png(90, 60, bits=16, colour=colour, data=zlib.compress(lines)))
    with pytest.raises(ValueError, match=r"16 bits a channel.*; save it"):
        read_image(path)


def _bmp(bits: int) -> bytes:
    """`GREY > 99` as a BMP whose palette is black and white, with `bits` for each pixel."""
    numbers = np.unpackbits((GREY > 99).astype(np.uint8)[..., None], axis=-1)[..., 8 - bits :].reshape(60, -1)
    rows = np.packbits(numbers, axis=1)
    data = np.pad(rows, ((0, 0), (0, -rows.shape[1] % 4)))[::-1].tobytes()
    palette = bytes(4) + b"\xff\xff\xff\0"
    begin = struct.pack("<2sIHHI", b"BM", 62 + len(data), 0, 0, 62)
    return begin + struct.pack("<IiiHHIIiiII", 40, 90, 60, 1, bits, 0, len(data), 0, 0, 2, 0) + palette + data


def test_bmp_in_black_and_white(tmp_path: Path) -> None:
    path = tmp_path / "a.bmp"
    path.write_bytes(_bmp(1))
    assert_array_equal(read_image(path)[0], 255 * (GREY > 99))


@pytest.mark.parametrize("bits", [4, 8])
def test_bmp_in_black_and_white_of_more_than_one_bit_is_refused(tmp_path: Path, bits: int) -> None:
    """Pillow reads its bytes as if they held eight pixels each: noise."""
    path = tmp_path / "a.bmp"
    path.write_bytes(_bmp(bits))
    with pytest.raises(ValueError, match=rf"BMP of {bits} bits.*black and white.*; save it"):
        read_image(path)
