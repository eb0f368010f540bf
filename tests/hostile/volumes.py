"""Hostile NRRD and NIfTI files, as images and as masks."""

from __future__ import annotations

import gzip
import struct
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hostile.attack import ACCEPTED, EITHER, File
from hostile.rasters import GREY

ROWS, COLUMNS = GREY.shape
FIELDS = {"type": "uint8", "dimension": "3", "sizes": f"{COLUMNS} {ROWS} 1", "encoding": "raw"}


def nrrd(changes: Mapping[str, str | None] | None = None, data: bytes | None = None, more: str = "") -> bytes:
    """An NRRD of `GREY` with some header fields changed, or left out where they are None."""
    fields = {**FIELDS, **(changes or {})}
    lines = "".join(f"{name}: {value}\n" for name, value in fields.items() if value is not None)
    return f"NRRD0004\n{lines}{more}\n".encode("latin-1") + (GREY.tobytes() if data is None else data)


def nrrd_of(values: NDArray[np.generic], kind: str, **changes: str) -> bytes:
    """An NRRD of (..., rows, columns) values of an NRRD type."""
    sizes = " ".join(str(n) for n in reversed(values.shape))
    fields = {"type": kind, "dimension": str(values.ndim), "sizes": sizes, "endian": "little", **changes}
    return nrrd(fields, values.tobytes())


def packed_bomb(start: bytes) -> bytes:
    """A gzip stream of `start` and 1 GB of zeros, with a wrong checksum: who finds that out has unpacked all of it."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    head = packer.compress(start) + packer.flush(zlib.Z_FULL_FLUSH)
    one = packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    return head + one * 1000 + b"\3\0" + bytes(8)


def nrrd_files(secret: Path) -> Iterator[File]:
    """NRRD files that are none, lead elsewhere, or claim what they do not hold."""
    for name in (str(secret), "/etc/passwd", "../secret.txt", "../../secret.txt", "x%03d.raw 1 9 1", "LIST", f"LIST\n{secret}"):
        for field in ("data file", "datafile", "Data File"):
            yield File(f"nrrd {field} {name!r}", "a.nrrd", nrrd(data=b"", more=f"{field}: {name}\n"))
    for field, value in (("byte skip", "-1"), ("byte skip", "999999999"), ("line skip", "1"), ("lineskip", "2000000000")):
        yield File(f"nrrd {field} {value}", "a.nrrd", nrrd({field: value}))
    for sizes in (
        "100000 100000 1",
        "4294967296 1 1",
        "9223372036854775807 2 1",
        "0 48 1",
        "-64 48 1",
        "64",
        "a b c",
        "",
        "1e9 1 1",
    ):
        yield File(f"nrrd sizes {sizes!r}", "a.nrrd", nrrd({"sizes": sizes}))
    for dimension, sizes in (("0", ""), ("1", "3072"), ("4", "64 48 1 1"), ("5", "64 48 1 1 1"), ("17", " ".join(["1"] * 17))):
        yield File(f"nrrd of {dimension} dimensions", "a.nrrd", nrrd({"dimension": dimension, "sizes": sizes}), EITHER)
    yield File("nrrd of two slices", "a.nrrd", nrrd({"sizes": f"{COLUMNS} {ROWS // 2} 2"}))
    for field, value in (
        ("type", "block"),
        ("type", "string"),
        ("type", "complex64"),
        ("encoding", "bzip2"),
        ("encoding", "zrl"),
        ("encoding", "rot13"),
        ("encoding", None),
        ("type", None),
        ("sizes", None),
        ("dimension", None),
    ):
        yield File(f"nrrd {field} {value}", "a.nrrd", nrrd({field: value}))
    for value in ("nan", "inf", "-inf", "0", "-1", "1e308", "1e-308"):
        yield File(f"nrrd spacing {value}", "a.nrrd", nrrd({"spacings": f"{value} {value} 1"}), EITHER)
        space = {"space": "left-posterior-superior", "space directions": f"({value},0,0) (0,{value},0) (0,0,1)"}
        yield File(f"nrrd direction {value}", "a.nrrd", nrrd(space), EITHER)
        plain = {**space, "space directions": "(1,0,0) (0,1,0) (0,0,1)", "space origin": f"({value},0,0)"}
        yield File(f"nrrd origin {value}", "a.nrrd", nrrd(plain), EITHER)
    bomb = packed_bomb(b"")
    yield File("nrrd gzip bomb", "a.nrrd", nrrd({"encoding": "gzip"}, bomb), EITHER)
    huge = {"encoding": "gzip", "sizes": "100000 100000 1"}
    yield File("nrrd gzip bomb 100,000 x 100,000", "a.nrrd", nrrd(huge, bomb))
    yield File("nrrd gzip of nothing", "a.nrrd", nrrd({"encoding": "gzip"}, b""))
    yield File("nrrd short", "a.nrrd", nrrd(data=GREY.tobytes()[:-1]))
    yield File("nrrd sizes twice", "a.nrrd", nrrd(more="sizes: 100000 100000 1\n"))
    yield File("nrrd header without end", "a.nrrd", b"NRRD0004\n" + b"# x\n" * 500_000)
    yield File("nrrd 10,000 keys", "a.nrrd", nrrd(more="".join(f"k{n}:=<script>\n" for n in range(10_000))), EITHER)
    yield File("nrrd with NUL", "a.nrrd", nrrd({"content": "a\0b"}), EITHER)
    yield File("nrrd of floats that are none", "a.nrrd", nrrd_of(np.full((1, ROWS, COLUMNS), np.nan, np.float32), "float"))


def nifti(data: bytes | None = None, **changes: object) -> bytes:
    """A NIfTI-1 of `GREY` with some header fields changed."""
    h: dict[str, object] = {"size": 348, "dim": (3, COLUMNS, ROWS, 1, 1, 1, 1, 1), "kind": 2, "bits": 8, "order": "<"}
    h |= {"pixdim": (1.0,) * 8, "offset": 352.0, "slope": 0.0, "sform": 0, "rows": (1.0, 0, 0, 0, 0, 1.0, 0, 0, 0, 0, 1.0, 0)}
    h |= {"magic": b"n+1\0", "extension": bytes(4)} | changes
    order = h["order"]
    header = bytearray(348)
    struct.pack_into(f"{order}i", header, 0, h["size"])
    struct.pack_into(f"{order}8h", header, 40, *h["dim"])  # type: ignore[misc]
    struct.pack_into(f"{order}hh", header, 70, h["kind"], h["bits"])
    struct.pack_into(f"{order}8f", header, 76, *h["pixdim"])  # type: ignore[misc]
    struct.pack_into(f"{order}fff", header, 108, h["offset"], h["slope"], 0.0)
    struct.pack_into(f"{order}hh", header, 252, 0, h["sform"])
    struct.pack_into(f"{order}12f", header, 280, *h["rows"])  # type: ignore[misc]
    header[344:348] = h["magic"]  # type: ignore[assignment]
    return bytes(header) + h["extension"] + (GREY.tobytes() if data is None else data)  # type: ignore[operator]


def nifti_files() -> Iterator[File]:
    """NIfTI files that are none, or claim what they do not hold."""
    sides = [(100, 100), (32767, 32767), (0, 48), (-64, 48), (1, 1)]
    for side in sides:
        yield File(f"nifti {side[0]} x {side[1]}", "a.nii", nifti(dim=(3, *side, 1, 1, 1, 1, 1)))
    for count in (-1, 0, 1, 4, 5, 7, 8, 1000):
        yield File(f"nifti of {count} dimensions", "a.nii", nifti(dim=(count, COLUMNS, ROWS, 1, 1, 1, 1, 1)), EITHER)
    yield File("nifti of two slices", "a.nii", nifti(dim=(3, COLUMNS, ROWS // 2, 2, 1, 1, 1, 1)))
    for kind, bits in ((0, 0), (1, 1), (32, 64), (1536, 128), (1792, 128), (2304, 32), (9999, 8), (2, 9999), (64, 8)):
        yield File(f"nifti type {kind} of {bits} bits", "a.nii", nifti(GREY.tobytes() * 2, kind=kind, bits=bits), EITHER)
    for value in (np.nan, np.inf, -np.inf, 0.0, -1.0, 1e38, 1e-38):
        yield File(f"nifti spacing {value:g}", "a.nii", nifti(pixdim=(1.0, value, value, 1.0, 1.0, 1.0, 1.0, 1.0)), EITHER)
        yield File(f"nifti sform {value:g}", "a.nii", nifti(sform=1, rows=(value, 0, 0, value, *(0,) * 8)), EITHER)
        yield File(f"nifti slope {value:g}", "a.nii", nifti(slope=value), EITHER)
        yield File(f"nifti offset {value:g}", "a.nii", nifti(offset=value), EITHER)
    for name, magic in (("pair", b"ni1\0"), ("analyze", bytes(4)), ("stranger", b"n+9\0")):
        for filename in ("a.nii", "a.hdr", "a.img"):
            yield File(f"nifti {name} {filename}", filename, nifti(magic=magic))
    yield File("nifti header of another size", "a.nii", nifti(size=2**31 - 1))
    yield File(
        "nifti extension of 2 GB", "a.nii", nifti(extension=b"\1\0\0\0" + struct.pack("<ii", 2**31 - 16, 4), offset=368.0), EITHER
    )
    yield File("nifti big endian", "a.nii", nifti(order=">"), ACCEPTED)
    yield File("nifti short", "a.nii", nifti(GREY.tobytes()[:-1]))
    yield File("nifti.gz bomb", "a.nii.gz", packed_bomb(nifti()), EITHER)
    yield File("nifti.gz bomb 32,767 x 32,767", "a.nii.gz", packed_bomb(nifti(dim=(3, 32767, 32767, 1, 1, 1, 1, 1))))
    yield File("nifti.gz bomb in an extension", "a.nii.gz", packed_bomb(nifti(offset=1e9)))
    yield File("nifti.gz of gzip", "a.nii.gz", gzip.compress(gzip.compress(nifti())))
    yield File("nifti.gz that is not packed", "a.nii.gz", nifti(), EITHER)
    yield File("nifti that is packed", "a.nii", gzip.compress(nifti()), EITHER)
    nan = np.full((ROWS, COLUMNS), np.nan, np.float32).tobytes()
    yield File("nifti of floats that are none", "a.nii", nifti(nan, kind=16, bits=32))
