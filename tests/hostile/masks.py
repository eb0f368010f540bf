"""Hostile masks of an image: readable files that are no mask of it."""

from __future__ import annotations

import gzip
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from hostile.attack import ACCEPTED, EITHER, REFUSED, File
from hostile.rasters import picture
from hostile.volumes import nifti, nrrd, nrrd_of

Values = NDArray[np.generic]
SEGMENT = "Segment0_Name:=BRAIN\nSegment0_LabelValue:=1\nSegment0_Layer:=0\n"


def mask_files(good: NDArray[np.uint8]) -> Iterator[File]:
    """Masks of the image of which `good` is one, (rows, columns): of another size, of other values, of other types."""
    rows, columns = good.shape
    yield _label("of uint8", nrrd_of(good[None], "uint8"), ACCEPTED)
    for kind, type_ in (("int64", np.int64), ("uint16", np.uint16), ("float", np.float32), ("double", np.float64)):
        yield _label(f"of {kind}", nrrd_of(good[None].astype(type_), kind), ACCEPTED)
    yield _label("of big endian", nrrd_of(good[None].astype(">i2"), "int16", endian="big"), ACCEPTED)
    yield _label("of nothing drawn", nrrd_of(np.zeros_like(good[None]), "uint8"), ACCEPTED)
    for value in (4, 77, 255):
        yield _label(f"with the value {value}", nrrd_of(_with(good, value), "uint8"))
    for value in (-1, -(2**31), 2**31 - 1):
        yield _label(f"with the value {value}", nrrd_of(_with(good.astype(np.int32), value), "int32"))
    for value in (np.nan, np.inf, 0.5, 1e300):
        yield _label(f"with the value {value}", nrrd_of(_with(good.astype(np.float64), value), "double"))
    for name, values in (
        ("transposed", good.T[None]),
        ("a row short", good[None, 1:]),
        ("a column long", np.pad(good, ((0, 0), (0, 1)))[None]),
        ("of one pixel", good[None, :1, :1]),
        ("of several slices", np.stack([good, good])),
        ("of no channel", good),
        ("of five dimensions", good[None, None, None]),
        ("standing upright", good[:, None, :]),
    ):
        expected = EITHER if name in ("of no channel", "of five dimensions") else REFUSED
        yield _label(name, nrrd_of(np.ascontiguousarray(values), "uint8"), expected)
    rgb = np.stack([good] * 3, axis=-1)
    colours = {"sizes": f"3 {columns} {rows}", "kinds": "RGB-color domain domain", "dimension": "3"}
    yield _label("in colours", nrrd(colours, rgb.tobytes()))
    for name, pixels in (("in colours", rgb), ("with alpha", np.stack([good] * 4, axis=-1))):
        yield File(f"mask png {name}", "m.png", picture(pixels), label=REFUSED)
    yield File("mask png", "m.png", picture(good), label=ACCEPTED)
    yield File("mask png of 16 bits", "m.png", picture(good.astype(np.uint16)), label=ACCEPTED)
    yield File("mask png of 1 bit", "m.png", picture(good > 0), label=EITHER)
    dim = (3, columns, rows, 1, 1, 1, 1, 1)
    yield File("mask nifti", "m.nii.gz", gzip.compress(nifti(good.tobytes(), dim=dim)), label=ACCEPTED)
    for kind, bits, repeat in ((32, 64, 8), (128, 24, 3), (1536, 128, 16)):
        yield File(
            f"mask nifti type {kind}", "m.nii", nifti(good.tobytes() * repeat, dim=dim, kind=kind, bits=bits), label=REFUSED
        )
    yield from _segmentations(good)
    for extension in ("", ".txt", ".exe", ".nrrd.exe", ".mha", ".hdr", ".png;", ".seg"):
        yield File(f"mask called m{extension}", f"m{extension}", nrrd_of(good[None], "uint8"), label=REFUSED)


def _segmentations(good: NDArray[np.uint8]) -> Iterator[File]:
    whole = {"dimension": "3", "sizes": f"{good.shape[1]} {good.shape[0]} 1"}
    data = (good > 0).astype(np.uint8).tobytes()
    yield File("seg.nrrd", "m.seg.nrrd", nrrd(whole, data, SEGMENT), label=ACCEPTED)
    for name, more in (
        ("without a name", "Segment0_LabelValue:=1\n"),
        ("of a page", SEGMENT.replace("BRAIN", "<script>alert(1)</script>")),
        ("of a value that is none", SEGMENT.replace("Value:=1", "Value:=one")),
        ("of a value without end", SEGMENT.replace("Value:=1", f"Value:={'9' * 5000}")),
        ("of a layer that is none", SEGMENT.replace("Layer:=0", "Layer:=x")),
        ("of a layer that is not there", SEGMENT.replace("Layer:=0", "Layer:=7")),
        ("of two BRAINs", SEGMENT + SEGMENT.replace("Segment0", "Segment1").replace("Value:=1", "Value:=2")),
    ):
        yield File(f"seg.nrrd {name}", "m.seg.nrrd", nrrd(whole, data, more), label=EITHER if "two" in name else REFUSED)
    part = {"dimension": "3", "sizes": "10 10 1"}
    for offset in ("-1 0 0", "1000000 0 0", "99999999999999999999 0 0", "x y z", "", "nan 0 0"):
        more = f"{SEGMENT}Segmentation_ReferenceImageExtentOffset:={offset}\n"
        yield File(f"seg.nrrd at {offset!r}", "m.seg.nrrd", nrrd(part, b"\1" * 100, more), label=REFUSED)


def _with(values: Values, value: float) -> Values:
    changed = values[None].copy()
    changed[0, 0, 0] = value
    return changed


def _label(name: str, content: bytes, expected: frozenset[int] = REFUSED) -> File:
    return File(f"mask {name}", "m.nrrd", content, label=expected)
