"""What clients and indexes say of images, labels and themselves, checked before it is kept."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fetal_head.imaging.limits import check_pixel_size
from fetal_head.stamp import Stamp, stamp_of

# a viewer's list of segments and a prediction's measurements take some thousand
MAX_LENGTH, MAX_DEPTH = 65_536, 16
MAX_INTEGER = 2**63 - 1
SPACING = "spacing"
# the SHA-256 of the file of which somebody told that; no client is told of it
SPACING_OF = "spacing_of"
# of the image file that an index speaks of, in bytes
FILE_SIZE = "file_size"
# by whom and why an image is set aside: {"comment", "who", "at"}; and to whom it is not given, a list of names
FLAG, SKIPPED = "flag", "skipped"


def check_said(said: Any) -> dict[str, Any]:
    """A JSON object that every database can keep and every client read.

    Raises:
        ValueError: it is none, is too long or too deep, or holds a number or text that is not.
    """
    if not isinstance(said, dict):
        raise ValueError(f'what is said must be a JSON object like {{"patient": "P1"}}, not {str(said)[:40]!r}')
    check_values(said)
    length = len(json.dumps(said))
    if length > MAX_LENGTH:
        raise ValueError(f"what is said takes {length} characters of JSON; at most {MAX_LENGTH} are accepted")
    return said


def check_image_info(said: Any) -> dict[str, Any]:
    """As `check_said`, for what is said of an image: patient and plane are texts, spacing is mm along (rows, columns).

    Raises:
        ValueError: as there, or one of them is something else.
    """
    info = check_said(said)
    check_kinds(info)
    return info


def check_kinds(info: Mapping[str, Any]) -> None:
    """Raises ValueError where what is said of an image is not of the kind that those who use it take it for."""
    for key in ("patient", "plane"):
        if not isinstance(info.get(key, ""), str):
            raise ValueError(f"{key} must be a text, not {info[key]!r}")
    if type(info.get(FILE_SIZE, 0)) is not int:
        raise ValueError(f"{FILE_SIZE} must be a number of bytes, not {info[FILE_SIZE]!r}")
    _check_set_aside(info)
    spacing = info.get(SPACING)
    if spacing is not None:
        if not isinstance(spacing, list) or len(spacing) != 2 or not all(type(value) in (int, float) for value in spacing):
            raise ValueError(f"spacing must be [mm along rows, mm along columns], not {spacing!r}")
        check_pixel_size("by its spacing the image", spacing)


def _check_set_aside(info: Mapping[str, Any]) -> None:
    """As `set_aside` keeps it, and those who choose the next image read it."""
    skipped, flag = info.get(SKIPPED, []), info.get(FLAG, {})
    if not isinstance(skipped, list) or not all(isinstance(who, str) for who in skipped):
        raise ValueError(f"skipped must be a list of names, not {skipped!r}")
    if not isinstance(flag, dict) or not all(isinstance(flag.get(key, ""), str) for key in ("comment", "who")):
        raise ValueError(f'flag must be like {{"comment": "not a head", "who": "ann"}}, not {flag!r}')


@dataclass(frozen=True)
class Told:
    """What is said of an image, None where nothing is.

    Attributes:
        spacing: mm per pixel along (rows, columns).
        patient: whose image it is.
        annotated: the structures that its final label speaks of.
        stamp: of its file when this was asked; None where no study says it.
    """

    spacing: tuple[float, float] | None = None
    patient: str | None = None
    annotated: tuple[str, ...] | None = None
    stamp: Stamp | None = field(default=None, compare=False)

    def check_file(self, path: Path, *, is_labelled: bool = False) -> None:
        """Raises ValueError where `spacing`, or a label of the study, is of another file than is at `path` by now.

        For who has just read that.
        """
        if (self.spacing or is_labelled) and self.stamp not in (None, stamp_of(path)):
            raise ValueError(f"{path.name} was replaced after its study was asked what it knows of it; try again")


def said_of_file(info: Mapping[str, Any], told_of: int | None, size: int) -> dict[str, Any]:
    """What is said of an image whose file has so many bytes; a pixel size only where it was told of one of that size, or of any.

    A file written anew, by whatever program, is another picture until somebody says that it is not: no millimetre is taken over.
    """
    hidden = {SPACING_OF} if told_of in (None, size) else {SPACING_OF, SPACING}
    return {key: value for key, value in info.items() if key not in hidden}


def told_spacing(info: Mapping[str, Any]) -> tuple[float, float] | None:
    """mm per pixel along (rows, columns) as it was said of an image, which goes before what its file has; else None."""
    told = info.get(SPACING)
    return (float(told[0]), float(told[1])) if told else None


def check_text(what: str, text: Any, longest: int) -> str:
    """A text that can be shown. Raises ValueError for anything else."""
    if not isinstance(text, str) or len(text) > longest:
        raise ValueError(f"{what} must be a text of at most {longest} characters, not {str(text)[:40]!r}")
    # half of a surrogate pair is no character, and PostgreSQL takes no NUL
    if any("\ud800" <= character <= "\udfff" or character == "\0" for character in text):
        raise ValueError(f"{what} holds what is no character: {text[:40]!r}")
    return text


def check_values(value: Any, depth: int = 0) -> None:
    """Raises ValueError for what not every database can keep and every client read."""
    if depth > MAX_DEPTH:
        raise ValueError(f"what is said is nested deeper than {MAX_DEPTH} levels")
    if isinstance(value, dict):
        for key, inner in value.items():
            check_text("a key", key, MAX_LENGTH)
            check_values(inner, depth + 1)
    elif isinstance(value, list | tuple):
        for inner in value:
            check_values(inner, depth + 1)
    elif isinstance(value, str):
        check_text("what is said", value, MAX_LENGTH)
    elif (isinstance(value, float) and not math.isfinite(value)) or (isinstance(value, int) and abs(value) > MAX_INTEGER):
        raise ValueError("what is said holds a number that is too large or none at all")
