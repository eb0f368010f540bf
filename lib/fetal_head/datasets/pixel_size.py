"""Published pixel sizes, in whatever words their authors headed them, and the head circumferences beside them."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import NamedTuple

from fetal_head.datasets.published import read_table
from fetal_head.datasets.size_columns import MILLIMETRES, OTHER_UNITS, WORD, size_columns
from fetal_head.imaging.limits import check_pixel_size

TABLE = "pixel_size.csv"
NO_SIZE = "holds no pixel size of any image; its file names must be the images'"
PER_AXIS, ONE_VALUE, UNKNOWN_SIZE = "per axis", "published, one value", "unknown"
# the words of a header that speaks of the head's circumference, its unit aside
CIRCUMFERENCE = {"circumference", "head", "fetal", "hc", "of", "the", "in"}


class PixelSize(NamedTuple):
    """Millimetres per pixel along (rows, columns), or None, and how far it can be trusted.

    The note is `PER_AXIS` where the size holds along either axis, `ONE_VALUE` where one published number stands for
    both although the image may have been stretched, `UNKNOWN_SIZE` where there is none.
    """

    spacing: tuple[float, float] | None = None
    note: str = UNKNOWN_SIZE


def per_axis(row: str | float, column: str | float) -> PixelSize:
    """The size that an export of ours tells. Raises ValueError where one is no number, or one that no ultrasound has."""
    spacing = float(row), float(column)
    check_pixel_size("its image", spacing)
    return PixelSize(spacing, PER_AXIS)


def read_pixel_sizes(path: Path) -> dict[str, PixelSize]:
    """Pixel size by image, the file's name without extension. Rows without a positive number are left out.

    The columns are found by their headers, as `size_columns` says; the file's name in one of `FILE_HEADERS`, else in the
    first column.

    Raises:
        ValueError: no table, its columns hold no pixel size in mm or leave a choice, a row cannot be read, an image has two
            sizes, or one that no ultrasound has.
    """
    table = read_table(path)
    try:
        columns = size_columns(table.headers)
        sizes = table.numbers(*columns)
        for stem, spacing in sizes.items():
            check_pixel_size(stem, spacing)
    except ValueError as error:
        raise ValueError(f"{path.name}: {error}") from error
    note = ONE_VALUE if columns[0] == columns[1] else PER_AXIS
    return {stem: PixelSize((row, column), note) for stem, (row, column) in sizes.items()}


def sizes_beside(folder: Path, stems: Collection[str]) -> tuple[dict[str, PixelSize], list[tuple[Path, str]]]:
    """What pixel_size.csv in a folder tells, if it is there, and a sentence where that is of none of the images in `stems`.

    Raises:
        ValueError: as `read_pixel_sizes`.
    """
    table = folder / TABLE
    if not table.is_file():
        return {}, []
    sizes = read_pixel_sizes(table)
    return sizes, [(table, NO_SIZE)] if sizes.keys().isdisjoint(stems) else []


def read_circumferences(path: Path) -> dict[str, float]:
    """Head circumference in mm by image, as HC18's csv has it; empty where no column speaks of one, and of nothing else.

    Raises:
        ValueError: no table, a row cannot be read, it has two of one image, or they are in another unit.
    """
    table = read_table(path)
    columns = {i: words for i, name in enumerate(table.headers) if "circumference" in (words := set(WORD.findall(name)))}
    column = next((i for i, words in columns.items() if words <= CIRCUMFERENCE | MILLIMETRES | OTHER_UNITS), None)
    try:
        if column is not None and columns[column] & OTHER_UNITS:
            raise ValueError(f"'{table.headers[column]}' is not in mm; give the circumference of the head in mm")
        return {} if column is None else {stem: value for stem, (value,) in table.numbers(column).items()}
    except ValueError as error:
        raise ValueError(f"{path.name}: {error}") from error
