"""What lossy compression has taken from an image before it came here, as its file says."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pydicom

from fetal_head.imaging.reader import suffix_by_content

RATIO, METHOD = re.compile(r"[0-9]{1,8}(\.[0-9]{1,7})?"), re.compile(r"[A-Z0-9_ ]{1,16}")
KEYWORDS = ("LossyImageCompression", "LossyImageCompressionRatio", "LossyImageCompressionMethod")


@dataclass(frozen=True)
class Loss:
    """The compressions that an image went through, as DICOM PS3.3 C.7.6.1.1.5 has them, the first one first.

    Attributes:
        ratios: how many times smaller each one made it, as decimal strings; empty where nobody tells.
        methods: what each one was, in DICOM's terms; empty where nobody tells.
    """

    ratios: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()


JPEG = Loss(methods=("ISO_10918_1",))


def loss_of(path: Path) -> Loss | None:
    """What an image that can be read has lost; None where its file tells of nothing.

    Ratios or methods of which one is none are left out.
    """
    kind = suffix_by_content(path)
    if kind == ".jpg":
        return JPEG
    if kind != ".dcm":
        return None
    header = pydicom.dcmread(path, stop_before_pixels=True, specific_tags=list(KEYWORDS))
    said, ratios, methods = (_texts(header, keyword) for keyword in KEYWORDS)
    if said != ("01",):
        return None
    return Loss(*(texts if all(map(each.fullmatch, texts)) else () for texts, each in ((ratios, RATIO), (methods, METHOD))))


def _texts(header: pydicom.Dataset, keyword: str) -> tuple[str, ...]:
    """The values of an element as they are written, for some are not what they have to be."""
    raw = header.get_item(keyword) if keyword in header else None
    text = raw.value.decode("ascii", "replace") if raw is not None and isinstance(raw.value, bytes) else ""
    return tuple(value.strip(" \0") for value in text.split("\\")) if text.strip(" \0") else ()
