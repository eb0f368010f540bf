"""What a client takes, and what it is given of it: RFC 9110, 12.5.1, with the parameters of DICOM PS3.18, 8.7."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from pydicom.uid import ExplicitVRLittleEndian

RELATED = "multipart/related"
# no client takes more kinds of things than fit into so many characters
LONGEST = 4096
_BETWEEN_COMMAS = re.compile(r'(?:[^,"]|"[^"]*(?:"|$))+')
_PARAMETER = re.compile(r';\s*([^\s;="]+)\s*=\s*(?:"([^"]*)"|([^\s;"]*))')


@dataclass(frozen=True)
class MediaType:
    """What an answer can be: a type, or the type of the parts of many.

    Attributes:
        has_syntax: it holds pixels or instances, which have a transfer syntax.
    """

    name: str
    is_multipart: bool = False
    has_syntax: bool = False


@dataclass(frozen=True)
class _Range:
    name: str
    part: str
    syntax: str
    quality: float = field(compare=False)

    def takes(self, offered: MediaType) -> bool:
        if self.syntax not in ("*", str(ExplicitVRLittleEndian)) and offered.has_syntax:
            return False
        if offered.is_multipart:
            return _covers(self.name, RELATED) and _covers(self.part, offered.name)
        return _covers(self.name, offered.name)


def choose(accept: str, offered: Sequence[MediaType]) -> MediaType | None:
    """What of the offered, the best first, a client takes, None for nothing; without a word of it, it takes anything."""
    ranges = list(_ranges(accept)) or [_Range("*/*", "*", "*", 1.0)]
    best: tuple[float, MediaType] | None = None
    for one in offered:
        # the most specific range says how much it is wanted
        said = max((r for r in ranges if r.takes(one)), key=_specificity, default=None)
        if said and said.quality > 0 and (best is None or said.quality > best[0]):
            best = said.quality, one
    return best[1] if best else None


def _ranges(accept: str) -> Iterator[_Range]:
    for one in _BETWEEN_COMMAS.findall(accept[:LONGEST]):
        name = one.split(";", 1)[0].strip().lower()
        if not name:
            continue
        params = {key.lower(): quoted or plain for key, quoted, plain in _PARAMETER.findall(one)}
        yield _Range(name, params.get("type", "*").lower(), params.get("transfer-syntax", "*"), _quality(params.get("q", "1")))


def _covers(pattern: str, name: str) -> bool:
    return pattern in ("*", "*/*", name, f"{name.split('/')[0]}/*")


def _specificity(one: _Range) -> tuple[int, int, int]:
    return -one.name.count("*"), -one.part.count("*"), -one.syntax.count("*")


def _quality(text: str) -> float:
    try:
        return min(1.0, max(0.0, float(text)))
    except ValueError:
        return 0.0
