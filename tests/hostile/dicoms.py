"""Hostile DICOM files."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pydicom
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.sequence import Sequence
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEGBaseline8Bit,
    JPEGLSLossless,
    RLELossless,
)

from hostile.attack import ACCEPTED, EITHER, File
from hostile.rasters import GREY, picture
from pictures import compress_dicom, write_dicom

COMPRESSED = ("JPEGLosslessProcess14_1", "JPEG2000Lossless", "JPEGLSLossless", "RLELossless")


def dicom(change: Callable[[Dataset], object] = lambda dataset: None) -> bytes:
    """A DICOM ultrasound of `GREY`, changed."""
    with TemporaryDirectory() as folder:
        dataset = pydicom.dcmread(write_dicom(Path(folder) / "a.dcm", GREY, spacing=(0.2, 0.3)))
    change(dataset)
    file = io.BytesIO()
    pydicom.dcmwrite(file, dataset, write_like_original=True)
    return file.getvalue()


def compressed(syntax: str) -> bytes:
    """The same in a compressed transfer syntax."""
    with TemporaryDirectory() as folder:
        plain = write_dicom(Path(folder) / "a.dcm", GREY)
        return compress_dicom(plain, Path(folder) / "b.dcm", syntax).read_bytes()


def _setting(**values: object) -> Callable[[Dataset], object]:
    return lambda dataset: dataset.update({pydicom.datadict.tag_for_keyword(k): _element(k, v) for k, v in values.items()})


def _element(keyword: str, value: object) -> pydicom.DataElement:
    vr = pydicom.datadict.dictionary_VR(keyword).split(" ")[0]
    return pydicom.DataElement(pydicom.datadict.tag_for_keyword(keyword), vr, value)


def _region(**values: float) -> Callable[[Dataset], object]:
    return lambda dataset: [setattr(dataset.SequenceOfUltrasoundRegions[0], k, v) for k, v in values.items()]


def _encapsulated(stream: bytes, syntax: str) -> Callable[[Dataset], object]:
    def change(dataset: Dataset) -> None:
        dataset.PixelData = encapsulate([stream])
        dataset["PixelData"].is_undefined_length = True
        dataset.file_meta.TransferSyntaxUID = syntax

    return change


def _rewritten(syntax: str) -> Callable[[Dataset], object]:
    def change(dataset: Dataset) -> None:
        dataset.file_meta.TransferSyntaxUID = syntax
        dataset.is_little_endian, dataset.is_implicit_VR = syntax != ExplicitVRBigEndian, syntax == ImplicitVRLittleEndian

    return change


def _deflated_bomb(dataset: Dataset) -> None:
    dataset.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    dataset.PixelData = bytes(100_000_000)


def _private(dataset: Dataset) -> None:
    block = dataset.private_block(0x0029, "<script>", create=True)
    for element in range(200):
        block.add_new(element, "OB", bytes(100))


def _raw(element: bytes) -> bytes:
    """The file with an explicit element of group 0008 or so put in front of its pixels."""
    whole = dicom()
    at = whole.index(b"\xe0\x7f\x10\0")
    return whole[:at] + element + whole[at:]


def _nested(depth: int, undefined: bool) -> bytes:
    begin = struct.pack("<HH2sHI", 0x0040, 0x0275, b"SQ", 0, 0xFFFFFFFF) + struct.pack("<HHI", 0xFFFE, 0xE000, 0xFFFFFFFF)
    end = struct.pack("<HHI", 0xFFFE, 0xE00D, 0) + struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)
    return begin * depth + (end * depth if undefined else b"")


def dicom_files() -> Iterator[File]:
    """DICOM files that are none, or claim what they do not hold."""
    good = dicom()
    pixels = good.index(b"\xe0\x7f\x10\0")
    # pydicom packs what it writes in this syntax
    yield File("dicom deflated bomb", "a.dcm", dicom(_deflated_bomb))
    plain = str(ExplicitVRLittleEndian).encode().ljust(20, b"\0")
    for uid in ("1.2.3.4", "", str(RLELossless), "1.2.840.10008.1.1", "<script>"):
        yield File(f"dicom syntax {uid!r}", "a.dcm", good.replace(plain, uid.encode().ljust(20, b"\0"), 1), EITHER)
    for rows, columns in ((65535, 65535), (0, 64), (1, 1), (48, 65)):
        yield File(f"dicom {columns} x {rows}", "a.dcm", dicom(_setting(Rows=rows, Columns=columns)))
    for keyword in ("Rows", "Columns", "PixelData", "BitsAllocated", "PhotometricInterpretation"):
        yield File(f"dicom without {keyword}", "a.dcm", dicom(lambda dataset, keyword=keyword: delattr(dataset, keyword)))
    for frames in ("2", "100000", "-1", "2147483647"):
        yield File(f"dicom of {frames} frames", "a.dcm", dicom(_setting(NumberOfFrames=frames)))
    for bits in (1, 12, 64, 255):
        yield File(f"dicom of {bits} bits", "a.dcm", dicom(_setting(BitsAllocated=bits)))
    for values in (
        {"BitsStored": 16},
        {"HighBit": 200},
        {"SamplesPerPixel": 5},
        {"SamplesPerPixel": 3},
        {"PixelRepresentation": 9},
    ):
        yield File(f"dicom {values}", "a.dcm", dicom(_setting(**values)), EITHER)
    for name in ("PALETTE COLOR", "<script>", "", "ARGB", "YBR_FULL_422"):
        yield File(f"dicom {name!r}", "a.dcm", dicom(_setting(PhotometricInterpretation=name)), EITHER)
    for value in (float("nan"), float("inf"), -1.0, 0.0, 1e300):
        delta = _region(PhysicalDeltaX=value, PhysicalDeltaY=value)
        yield File(f"dicom delta {value}", "a.dcm", dicom(delta), EITHER)
    for text in ("nan\\nan", "inf\\inf", "-1\\-1", "0\\0", "a\\b", "1", "1e300\\1e300", "1e999\\1"):
        without = good.replace(b"\x18\0\x11\x60SQ", b"\x19\0\x11\x60SQ")
        spacing = text.encode() + b" " * (len(text) % 2)
        element = struct.pack("<HH2sH", 0x0028, 0x0030, b"DS", len(spacing)) + spacing
        yield File(
            f"dicom spacing {text!r}",
            "a.dcm",
            without[: (at := without.index(b"\xe0\x7f\x10\0"))] + element + without[at:],
            EITHER,
        )
    for length in (0xFFFFFFF0, 0x7FFFFFFE, 0xFFFFFFFF):
        long = struct.pack("<HH2sHI", 0x0040, 0xA160, b"UT", 0, length)
        yield File(f"dicom length {length:#x}", "a.dcm", _raw(long), EITHER)
        yield File(
            f"dicom pixels of length {length:#x}",
            "a.dcm",
            good[: pixels + 8] + struct.pack("<I", length) + good[pixels + 12 :],
            EITHER,
        )
    for depth, is_closed in ((1000, True), (1000, False), (50_000, True)):
        yield File(f"dicom nested {depth} deep, {is_closed}", "a.dcm", _raw(_nested(depth, is_closed)), EITHER)
    yield File("dicom with private elements", "a.dcm", dicom(_private), ACCEPTED)
    yield File("dicom big endian", "a.dcm", dicom(_rewritten(ExplicitVRBigEndian)), EITHER)
    yield File("dicom implicit", "a.dcm", dicom(_rewritten(ImplicitVRLittleEndian)), EITHER)
    yield File("dicom that is a page", "a.dcm", b"<html><script>alert(1)</script>".ljust(128) + good[128:], ACCEPTED)
    yield File("dicom that is a program", "a.dcm", b"\x7fELF\2\1\1".ljust(128, b"\0") + good[128:], ACCEPTED)
    yield File("dicom of a page's patient", "a.dcm", dicom(_setting(PatientName="<script>alert(1)</script>")), ACCEPTED)
    yield File("dicom with pixels of no length", "a.dcm", dicom(_setting(PixelData=b"")))
    yield File("dicom magic alone", "a.dcm", bytes(128) + b"DICM")
    shared = _setting(SharedFunctionalGroupsSequence=Sequence([Dataset()]))
    yield File("dicom enhanced", "a.dcm", dicom(shared))
    large = picture(GREY[:24], "JPEG")
    yield File("dicom of a jpeg of another size", "a.dcm", dicom(_encapsulated(large, JPEGBaseline8Bit)))
    for name, stream in (("next to nothing", bytes(2)), ("zeros", bytes(100)), ("half a header", picture(GREY, "JPEG")[:8])):
        for syntax in (JPEGBaseline8Bit, JPEGLSLossless):
            yield File(f"dicom {syntax.name} of {name}", "a.dcm", dicom(_encapsulated(stream, syntax)))
    for syntax in COMPRESSED:
        whole = compressed(syntax)
        for share in (0.5, 0.7, 0.9):
            at = int(len(whole) * share)
            yield File(
                f"dicom {syntax} damaged at {share}", "a.dcm", whole[:at] + b"\xff\xd8\xff\xff" * 8 + whole[at + 32 :], EITHER
            )
