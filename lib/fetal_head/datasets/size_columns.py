"""The columns of a table that hold the size of a pixel, told by their headers."""

from __future__ import annotations

import re
from collections.abc import Sequence

MILLIMETRES = {"mm", "millimetre", "millimetres", "millimeter", "millimeters"}
OTHER_UNITS = {"cm", "um", "\N{MICRO SIGN}m", "\N{GREEK SMALL LETTER MU}m", "nm", "inch", "micron", "microns"}
PIXEL = {"pixel", "pixels", "px"}
FILLERS = {"size", "sizes", "spacing", "length", "in", "per", "of"}
ROW, COLUMN = {"height", "y", "row", "rows"}, {"width", "x", "column", "columns"}
# what our own tables call them
OURS = ("row_mm", "column_mm")

WORD = re.compile(r"[^\W_]+")
INVERSE = re.compile(r"(pixels?|px)[\s_]*(/|per)")


def size_columns(headers: Sequence[str]) -> tuple[int, int]:
    """The columns with the millimetres per pixel along (rows, columns), the same one twice where one value is given for both.

    A header counts that names pixel and mm, perhaps an axis, and no other measure; or it is `row_mm` or `column_mm`.

    Args:
        headers: in lower case.

    Raises:
        ValueError: no column holds a pixel size, it is in another unit, or there is more than one for an axis or none for one.
    """
    units = {i: unit for i, header in enumerate(headers) if (unit := _unit_of(header))}
    in_mm = [i for i, unit in units.items() if unit in MILLIMETRES]
    if not in_mm:
        for i, unit in units.items():
            raise ValueError(f"'{headers[i]}' is in {unit}; give the size of a pixel in mm")
        raise ValueError(f"no column holds a pixel size in mm; its columns are {', '.join(headers) or 'none'}")
    by_axis = {_axis_of(headers[i]): i for i in in_mm}
    if len(by_axis) == len(in_mm) and by_axis.keys() in ({"both"}, {"row", "column"}):
        return by_axis.get("row", in_mm[0]), by_axis.get("column", in_mm[0])
    raise ValueError(
        f"its pixel sizes are in {', '.join(headers[i] for i in in_mm)}; "
        "give one column for both axes, or one for the width of a pixel and one for its height"
    )


def speak_of_size(headers: Sequence[str]) -> bool:
    """Whether one of the headers, in lower case, names the size of a pixel, in whatever unit."""
    return any(map(_unit_of, headers))


def _unit_of(header: str) -> str | None:
    """The unit of a header that speaks of the size of a pixel; None for any other."""
    words = set(WORD.findall(header))
    units = words & (MILLIMETRES | OTHER_UNITS)
    speaks_of_pixels = header in OURS or (words & PIXEL and not INVERSE.search(header))
    other_measures = words - units - PIXEL - FILLERS - ROW - COLUMN
    return units.pop() if speaks_of_pixels and len(units) == 1 and not other_measures else None


def _axis_of(header: str) -> str:
    words = set(WORD.findall(header))
    if bool(words & ROW) == bool(words & COLUMN):
        return "both"
    return "row" if words & ROW else "column"
