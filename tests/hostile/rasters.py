"""Hostile PNG, JPEG, TIFF and BMP files."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from hostile.attack import ACCEPTED, EITHER, File

GREY = np.random.default_rng(0).integers(1, 200, (48, 64), dtype=np.uint8)
SIGNATURE = b"\x89PNG\r\n\x1a\n"


def picture(pixels: NDArray[np.generic], kind: str = "PNG", **options: object) -> bytes:
    """A valid picture."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, kind, **options)
    return file.getvalue()


def chunk(kind: bytes, content: bytes) -> bytes:
    """A chunk of a PNG."""
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(width: int, height: int, *extra: bytes, bits: int = 8, colour: int = 0, data: bytes | None = None) -> bytes:
    """A PNG that claims a size; its pixels are zeros of as many rows as `data` has."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0))
    pixels = zlib.compress(bytes(1000)) if data is None else data
    return SIGNATURE + header + b"".join(extra) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def zeros(megabytes: int) -> bytes:
    """So many MB of zeros, packed as zlib does, made in no time by repeating one."""
    packer = zlib.compressobj(9)
    head = packer.compress(b"") + packer.flush(zlib.Z_FULL_FLUSH)
    one = packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    # an empty last block, and the checksum of zeros (RFC 1950)
    return head + one * megabytes + b"\3\0" + struct.pack(">HH", (megabytes << 20) % 65521, 1)


def tiff(entries: list[tuple[int, int, int, int]], tail: bytes = b"", next_ifd: int = 0) -> bytes:
    """A little-endian TIFF of (tag, type, count, value) entries."""
    ifd = struct.pack("<H", len(entries)) + b"".join(struct.pack("<HHII", *entry) for entry in entries)
    return b"II*\0" + struct.pack("<I", 8) + ifd + struct.pack("<I", next_ifd) + tail


def grey_tiff(width: int, height: int, strip: int, **more: int) -> bytes:
    """A TIFF of 8-bit grey that claims a size and the bytes of its one strip."""
    entries = [(256, 4, 1, width), (257, 4, 1, height), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1), (273, 4, 1, 200)]
    return tiff([*entries, (277, 3, 1, 1), (278, 4, 1, height), (279, 4, 1, strip)], bytes(4096), **more)


def raster_files() -> Iterator[File]:
    """Pictures that are none, or not what they seem."""
    good = picture(GREY)
    bomb, packed = zeros(1000), zeros(48)
    yield File("png huge IHDR", "a.png", png(100_000, 100_000))
    yield File("png largest IHDR", "a.png", png(2**31 - 1, 2**31 - 1))
    yield File("png 20,000 x 20,000", "a.png", png(20_000, 20_000, bits=1, data=packed))
    yield File("png 1 x 10,000,000", "a.png", png(1, 10_000_000))
    for size in ((0, 0), (0, 64), (1, 1), (15, 64)):
        yield File(f"png {size[0]} x {size[1]}", "a.png", png(*size))
    for name, colour, bits in (("colour type 7", 7, 8), ("3 bits", 0, 3), ("palette without one", 3, 8), ("255 bits", 0, 255)):
        yield File(f"png {name}", "a.png", png(64, 48, bits=bits, colour=colour), EITHER)
    for kind, content in (
        (b"zTXt", b"k\0\0" + bomb),
        (b"iCCP", b"k\0\0" + bomb),
        (b"iTXt", b"k\0\1\0\0\0" + bomb),
        (b"tEXt", b"k\0" + b"<script>alert(1)</script>" * 1000),
    ):
        extra = good[:33] + chunk(kind, content) + good[33:]
        yield File(f"png {kind.decode()} bomb", "a.png", extra, EITHER)
    many = chunk(b"zTXt", b"k\0\0" + zeros(1)) * 200
    yield File("png 200 zTXt of a megabyte", "a.png", good[:33] + many + good[33:], EITHER)
    yield File("png IDAT bomb", "a.png", png(64, 48, data=bomb), EITHER)
    wide = zlib.compress((b"\0" + bytes(64 * 6)) * 48)
    yield File("png of 16 bits a colour", "a.png", png(64, 48, bits=16, colour=2, data=wide))
    yield File("png wrong checksum", "a.png", good[:-30] + bytes(18) + good[-12:])
    yield File("png two frames", "a.png", picture(GREY, save_all=True, append_images=[Image.fromarray(GREY[::-1])]))
    yield File("gif called png", "a.png", picture(GREY, "GIF"))
    yield File("webp called png", "a.png", picture(GREY, "WEBP"))
    yield File("jpeg called png", "a.png", picture(GREY, "JPEG"), ACCEPTED)
    for name, start in (("html", b"<html><script>alert(1)</script>"), ("pdf", b"%PDF-1.7\n"), ("eps", b"%!PS-Adobe-3.0 EPSF\n")):
        yield File(f"{name} called png", "a.png", start + bytes(1000))
    for name, start in (("elf", b"\x7fELF\2\1\1"), ("svg", b'<svg xmlns="http://www.w3.org/2000/svg"/>'), ("nothing", b"")):
        yield File(f"{name} called png", "a.png", start)
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("../../evil.txt", "evil")
    yield File("png that is a zip", "a.png", good + archive.getvalue(), ACCEPTED)
    yield File("png that is a page", "a.png", good + b"<html><script>alert(1)</script></html>", ACCEPTED)
    yield File("zip called png", "a.png", archive.getvalue())
    jpeg = picture(GREY, "JPEG")
    size = jpeg.index(b"\xff\xc0") + 5
    yield File("jpeg 65,500 x 65,500", "a.jpg", jpeg[:size] + struct.pack(">HH", 65_500, 65_500) + jpeg[size + 4 :])
    yield File("jpeg 0 x 0", "a.jpg", jpeg[:size] + bytes(4) + jpeg[size + 4 :])
    yield File("jpeg of markers", "a.jpg", jpeg[:2] + b"\xff\xe0\0\2" * 50_000 + jpeg[2:], EITHER)
    yield from _tiffs()
    bmp = picture(GREY, "BMP")
    for width, height in ((100_000, 100_000), (2**31 - 1, 2**31 - 1), (0, 0), (-64, 48), (64, -(2**31))):
        yield File(f"bmp {width} x {height}", "a.bmp", bmp[:18] + struct.pack("<ii", width, height) + bmp[26:])


def _tiffs() -> Iterator[File]:
    yield File("tiff 100,000 x 100,000", "a.tif", grey_tiff(100_000, 100_000, 4096))
    yield File("tiff huge strip", "a.tif", grey_tiff(64, 48, 2**32 - 1), EITHER)
    yield File("tiff 0 x 0", "a.tif", grey_tiff(0, 0, 0))
    yield File("tiff round in a circle", "a.tif", grey_tiff(64, 48, 64 * 48, next_ifd=8), EITHER)
    links = b"".join(struct.pack("<HI", 0, 300 + 6 * n) for n in range(100_000))
    yield File("tiff 100,000 directories", "a.tif", grey_tiff(64, 48, 64 * 48, next_ifd=122)[:122] + links, EITHER)
    yield File("tiff two pages", "a.tif", picture(GREY, "TIFF", save_all=True, append_images=[Image.fromarray(GREY)]))
    yield File("tiff entries of 4 GB", "a.tif", tiff([(256, 4, 2**32 - 1, 8), (257, 4, 2**32 - 1, 8)], bytes(64)))
    yield File("tiff without black or white", "a.tif", grey_tiff(64, 48, 64 * 48).replace(b"\x06\1\3\0", b"\x07\1\3\0"))
    yield File(
        "tiff of 24 bits of grey", "a.tif", grey_tiff(64, 48, 64 * 48).replace(b"\2\1\3\0\1\0\0\0\x08", b"\2\1\3\0\1\0\0\0\x18")
    )
    for compression in ("tiff_lzw", "tiff_adobe_deflate", "packbits"):
        good = picture(np.stack([GREY] * 3, axis=-1), "TIFF", compression=compression)
        yield File(f"tiff damaged {compression}", "a.tif", good[:40] + bytes(200) + good[240:], EITHER)
    for value in (np.nan, np.inf):
        yield File(f"tiff of {value}", "a.tif", picture(np.full((48, 64), value, np.float32), "TIFF"))
    strange = picture(GREY, "TIFF", x_resolution=1e-30, y_resolution=1e30, resolution_unit=2)
    yield File("tiff with strange dots per inch", "a.tif", strange, EITHER)
