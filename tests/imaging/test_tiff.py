"""TIFF of every kind of number and of every writer: read as it is, or refused with what to do about it."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import PIL
import pytest
import tifffile
from numpy.testing import assert_allclose, assert_array_equal

from fetal_head.imaging import Frame as ImageFrame
from fetal_head.imaging import read_image
from pictures import speckle, write_picture

# the last Pillow for Python 3.10 knows less of alpha
IS_OLD_PILLOW = int(PIL.__version__.split(".")[0]) < 13
NO_KIND = "of a kind that is not read; save it"
GREY = speckle(60, 90)
# of each kind of number, over all that it can hold and fractions
NUMBERS = {
    "u1": GREY,
    "i1": GREY.astype(int) - 128,
    "u2": GREY.astype(int) * 257,
    "i2": GREY.astype(int) * 257 - 32768,
    "u4": GREY.astype(np.uint32) << 24,
    "i4": (GREY.astype(np.int64) << 24) - (1 << 31),
    "f4": GREY / 7 - 3,
}
# those that no program is known to write: Pillow reads them in the wrong order of bytes, or not at all
UNREAD = {(">", "zlib", "i2"), (">", "zlib", "i4"), (">", "zlib", "f4"), (">", None, "u4"), (">", "zlib", "u4")}


def write_tiff(path: Path, pixels: np.ndarray, **options: object) -> Path:
    """A TIFF of one page, without the description that tifffile adds."""
    tifffile.imwrite(path, pixels, **{"metadata": None, "photometric": "minisblack", **options})
    return path


@pytest.mark.parametrize("tile", [None, (32, 32)], ids=["strips", "tiles"])
@pytest.mark.parametrize("compression", [None, "zlib"])
@pytest.mark.parametrize("byteorder", ["<", ">"])
@pytest.mark.parametrize("kind", NUMBERS)
def test_numbers(tmp_path: Path, kind: str, byteorder: str, compression: str | None, tile: tuple[int, int] | None) -> None:
    pixels = NUMBERS[kind].astype(kind)
    path = write_tiff(tmp_path / "a.tif", pixels, byteorder=byteorder, compression=compression, tile=tile)
    if (byteorder, compression, kind) in UNREAD:
        with pytest.raises(ValueError, match=r"a\.tif: is .*TIFF.*; save it"):
            read_image(path)
    else:
        assert_array_equal(read_image(path)[0], pixels.astype(np.float32))


@pytest.mark.parametrize("planarconfig", ["contig", "separate"])
@pytest.mark.parametrize("compression", [None, "zlib"])
def test_colours_of_sixteen_bits_are_refused(tmp_path: Path, compression: str | None, planarconfig: str) -> None:
    """Pillow would read the upper 8 bits, which of a 12-bit image are 16 greys."""
    colours = np.stack([GREY] * 3, axis=-1 if planarconfig == "contig" else 0).astype(np.uint16) * 16
    options = {"photometric": "rgb", "planarconfig": planarconfig, "compression": compression}
    with pytest.raises(ValueError, match=r"16 bits a channel.*; save it"):
        read_image(write_tiff(tmp_path / "a.tif", colours, **options))
    assert_array_equal(read_image(write_tiff(tmp_path / "a.tif", (colours // 16).astype(np.uint8), **options))[0], GREY)


@pytest.mark.parametrize("extra", ["unspecified", "assocalpha", "unassalpha"])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("compression", [None, "zlib"])
def test_alpha_is_dropped_also_where_it_was_multiplied_in(
    tmp_path: Path, compression: str | None, channels: int, extra: str
) -> None:
    alpha = np.where(np.arange(90) < 40, 255, 128).astype(np.uint8) * np.ones_like(GREY)
    stored = np.rint(GREY * (alpha / 255.0)).astype(np.uint8) if extra == "assocalpha" else GREY
    pixels = np.stack([stored] * channels + [alpha], axis=-1)
    options = {"photometric": "minisblack" if channels == 1 else "rgb", "extrasamples": [extra], "compression": compression}
    path = write_tiff(tmp_path / "a.tif", pixels, planarconfig="contig", **options)
    if channels == 1 and extra != "unassalpha" and IS_OLD_PILLOW:
        with pytest.raises(ValueError, match=NO_KIND):
            read_image(path)
    else:
        assert_allclose(read_image(path)[0], GREY, atol=1)


@pytest.mark.parametrize("extra", ["assocalpha", "unassalpha"])
def test_what_pillow_cannot_take_apart_is_refused(tmp_path: Path, extra: str) -> None:
    options = {"photometric": "minisblack", "planarconfig": "separate", "extrasamples": [extra]}
    is_of_no_kind = extra == "assocalpha" and IS_OLD_PILLOW
    with pytest.raises(ValueError, match=NO_KIND if is_of_no_kind else r"its pixels cannot be decoded: .*; save it again"):
        read_image(write_tiff(tmp_path / "a.tif", np.stack([GREY, GREY]), **options))


@pytest.mark.parametrize("factor", [1, 257])
@pytest.mark.parametrize("compression", [None, "zlib"])
def test_palettes_of_eight_bits_in_sixteen(tmp_path: Path, compression: str | None, factor: int) -> None:
    """As old programs wrote them, and ITK takes them."""
    colours = np.stack([np.arange(256)[::-1]] * 3).astype(np.uint16) * factor
    path = write_tiff(tmp_path / "a.tif", GREY, photometric="palette", colormap=colours, compression=compression)
    assert_array_equal(read_image(path)[0], 255 - GREY)


@pytest.mark.parametrize("kind", ["u1", "u2"])
def test_tiff_that_does_not_say_what_its_black_is(tmp_path: Path, kind: str) -> None:
    content = write_tiff(tmp_path / "a.tif", GREY.astype(kind)).read_bytes()
    photometric, another = struct.pack("<HHI", 262, 3, 1), struct.pack("<HHI", 263, 3, 1)
    assert content.count(photometric) == 1
    (tmp_path / "a.tif").write_bytes(content.replace(photometric, another))
    with pytest.raises(ValueError, match=r"does not say whether its 0 is black or white; save it again"):
        read_image(tmp_path / "a.tif")


def test_a_viewer_places_its_columns_and_rows_by_their_own_resolution(tmp_path: Path) -> None:
    path = write_picture(tmp_path / "a.tif", GREY, dpi=(254, 127))
    assert read_image(path)[1].frame.spacing == pytest.approx((0.1, 0.2, 1))


def test_a_resolution_of_0_is_none(tmp_path: Path) -> None:
    tifffile.imwrite(
        tmp_path / "a.tif", GREY, metadata=None, photometric="minisblack", resolution=(0, 0), resolutionunit="CENTIMETER"
    )
    assert read_image(tmp_path / "a.tif")[1].frame == ImageFrame()
