"""Published pixel sizes: tables of file name and millimetres, in whatever words their authors headed them."""

from __future__ import annotations

import csv
import math
from pathlib import Path
from typing import NamedTuple

from fetal_head.datasets.names import stem_of

PER_AXIS, ONE_VALUE, UNKNOWN_SIZE = "per axis", "published, one value", "unknown"

FILE_HEADERS = ("filename", "file name", "file", "image", "image name", "name", "label")


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
    lines = path.read_text(encoding="utf-8-sig", errors="replace").splitlines()
    delimiter = max(",;\t", key=lines[0].count) if lines else ","
    try:
        header, *rows = list(csv.reader(lines, delimiter=delimiter)) or [[]]
    except csv.Error as error:
        raise ValueError(f"{path.name}: {error}") from error
    headers = [" ".join(name.lower().split()) for name in header]
    file_column = next((i for i, name in enumerate(headers) if name in FILE_HEADERS), 0)
    size_columns = _size_columns(headers)
    if not size_columns:
        raise ValueError(f"{path.name}: no column holds a pixel size in mm; its columns are {', '.join(header) or 'none'}")

    sizes: dict[str, PixelSize] = {}
    for row in rows:
        if len(row) <= max(file_column, *size_columns):
            continue
        values = [_millimetres(row[column]) for column in size_columns]
        if None not in values:
            note = PER_AXIS if len(values) == 2 else ONE_VALUE
            sizes[stem_of(row[file_column])] = PixelSize((values[0] or 0.0, values[-1] or 0.0), note)
    return sizes


def _size_columns(headers: list[str]) -> list[int]:
    if "row_mm" in headers and "column_mm" in headers:
        return [headers.index("row_mm"), headers.index("column_mm")]
    for word in ("pixel", "mm"):
        for i, name in enumerate(headers):
            if word in name and name not in FILE_HEADERS:
                return [i]
    return []


def _millimetres(text: str) -> float | None:
    try:
        value = float(text.strip().replace(",", "."))
    except ValueError:
        return None
    return value if math.isfinite(value) and value > 0 else None
