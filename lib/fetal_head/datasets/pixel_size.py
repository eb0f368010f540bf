"""Published pixel sizes, in whatever words their authors headed them, and the head circumferences beside them."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from fetal_head.datasets.published import FILE_HEADERS, read_table

PER_AXIS, ONE_VALUE, UNKNOWN_SIZE = "per axis", "published, one value", "unknown"


class PixelSize(NamedTuple):
    """Millimetres per pixel along (rows, columns), or None, and how far it can be trusted.

    The note is `PER_AXIS` where the size holds along either axis, `ONE_VALUE` where one published number stands for
    both although the image may have been stretched, `UNKNOWN_SIZE` where there is none.
    """

    spacing: tuple[float, float] | None = None
    note: str = UNKNOWN_SIZE


def read_pixel_sizes(path: Path) -> dict[str, PixelSize]:
    """Pixel size by image, the file's name without extension. Rows without a positive number are left out.

    The columns are found by their headers: `row_mm` and `column_mm`, else the first that speaks of a pixel, else of mm;
    the file's name in one of `FILE_HEADERS`, else in the first column.

    Raises:
        ValueError: no table, or none of its columns is a size in millimetres.
    """
    table = read_table(path)
    columns = _size_columns(table.headers)
    if not columns:
        headers = ", ".join(table.headers) or "none"
        raise ValueError(f"{path.name}: no column holds a pixel size in mm; its columns are {headers}")
    note = PER_AXIS if len(columns) == 2 else ONE_VALUE
    return {stem: PixelSize((values[0], values[-1]), note) for stem, values in table.numbers(*columns).items()}


def read_circumferences(path: Path) -> dict[str, float]:
    """Head circumference in mm by image, as HC18's csv has it; empty where no column speaks of a circumference.

    Raises:
        ValueError: no table.
    """
    table = read_table(path)
    column = next((i for i, name in enumerate(table.headers) if "circumference" in name), None)
    return {} if column is None else {stem: value for stem, (value,) in table.numbers(column).items()}


def _size_columns(headers: list[str]) -> list[int]:
    if "row_mm" in headers and "column_mm" in headers:
        return [headers.index("row_mm"), headers.index("column_mm")]
    for word in ("pixel", "mm"):
        for i, name in enumerate(headers):
            if word in name and name not in FILE_HEADERS:
                return [i]
    return []
