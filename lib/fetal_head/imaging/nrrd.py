"""What an NRRD file says of itself, checked before ITK reads it."""

from __future__ import annotations

import math
import re
from pathlib import Path

from fetal_head.imaging.limits import check_pixels

# Slicer writes some hundred lines into a segmentation's header
MAX_HEADER, MAX_LINES = 1_000_000, 2_000
ENCODINGS = ("raw", "gzip", "gz", "ascii", "text", "txt", "hex")
# each of these makes a reader look elsewhere than behind the header (https://teem.sourceforge.net/nrrd/format.html)
ELSEWHERE = {"datafile": "its pixels in another file", "lineskip": "lines to skip", "byteskip": "bytes to skip"}


def check_nrrd(path: Path) -> None:
    """Raises ValueError for a header that is not whole, names another file, or claims a size that no image has."""
    fields = nrrd_fields(path)
    for field, what in ELSEWHERE.items():
        if fields.get(field, "0") != "0":
            raise ValueError(f"has {what}; save it as one NRRD file")
    encoding = fields.get("encoding", "").lower()
    if encoding not in ENCODINGS:
        raise ValueError(f"its encoding is '{encoding[:40]}'; save it with encoding raw or gzip")
    sizes = fields.get("sizes", "").split()
    if not sizes or not all(re.fullmatch(r"\d{1,12}", size) for size in sizes):
        raise ValueError("cannot be read as Nrrd: its header has no sizes")
    check_pixels(int(size) for size in sizes)


def nrrd_frames(path: Path) -> int:
    """How many images lie along axes that are lists, as 3D Slicer keeps sequences; ITK sees colours there."""
    fields = nrrd_fields(path)
    axes = zip(fields.get("sizes", "").split(), fields.get("kinds", "").lower().split(), strict=False)
    return math.prod(int(size) for size, kind in axes if kind == "list")


def nrrd_fields(path: Path) -> dict[str, str]:
    """Fields by name without case, blanks and signs, so that none is overlooked which some reader would accept.

    Raises:
        ValueError: a header that is not whole, or names a field twice.
    """
    fields: dict[str, str] = {}
    for line in _header(path)[1:]:
        name, _, value = line.partition(":")
        if line.startswith("#") or value.startswith("="):
            continue
        field = re.sub(r"[^a-z]", "", name.lower())
        if field in fields:
            raise ValueError(f"cannot be read as Nrrd: its header names '{field}' twice")
        fields[field] = value.strip()
    return fields


def _header(path: Path) -> list[str]:
    with path.open("rb") as file:
        begin = file.read(MAX_HEADER)
    # a reader ends a line at either character, so an empty line is any two in a row that are not one \r\n
    end = re.search(rb"\n\r?\n|\r\r|\n\r\r", begin)
    if end is None:
        raise ValueError(f"cannot be read as Nrrd: its header does not end within {MAX_HEADER} bytes")
    lines = [line.decode("latin-1") for line in begin[: end.start()].splitlines()]
    if len(lines) > MAX_LINES:
        raise ValueError(f"cannot be read as Nrrd: its header has {len(lines)} lines")
    return lines
