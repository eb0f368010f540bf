"""Tables that data sets publish beside their images: a row for each file name, numbers in columns with headers."""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from fetal_head.datasets.names import stem_of

# what stands in a cell of which nobody knows the number; there are 0, nan and negative ones, too
NOT_KNOWN = ("", "-", "?", "n/a", "#n/a", "na", "none", "null", "unknown")
T = TypeVar("T", float, str)

# the first of them counts: a name or a label may be another thing's, too
FILE_HEADERS = ("filename", "file name", "image", "image name", "file", "name", "label")


@dataclass(frozen=True)
class PublishedTable:
    """A csv whatever its delimiter, its headers in lower case; the file's name is in one of `FILE_HEADERS`, else comes first."""

    headers: list[str]
    rows: list[list[str]]

    def numbers(self, *columns: int) -> dict[str, tuple[float, ...]]:
        """Positive numbers of some columns by image, the file's name without extension; rows that lack one are left out.

        Raises:
            ValueError: two rows are of one image, and differ, or one cannot be read.
        """
        return self._by_image(self._positive, columns)

    def texts(self, column: int) -> dict[str, str]:
        """What stands in a column by image, likewise; also raised for letters that could not be read."""
        return {stem: text for stem, (text,) in self._by_image(_known, (column,)).items()}

    def _by_image(self, read: Callable[[str, str, int], T | None], columns: Sequence[int]) -> dict[str, tuple[T, ...]]:
        file_column = next((self.headers.index(name) for name in FILE_HEADERS if name in self.headers), 0)
        found: dict[str, tuple[T, ...]] = {}
        for row in self.rows:
            if len(row) > max(file_column, *columns):
                check_cells(row[file_column], row[len(self.headers) :])
                stem = stem_of(row[file_column])
                values = tuple(value for column in columns if (value := read(row[column], stem, column)) is not None)
                if len(values) == len(columns) and found.setdefault(stem, values) != values:
                    raise ValueError(
                        f"two rows are of {stem}, {_text(found[stem])} and {_text(values)}; keep the one that is right"
                    )
        return found

    def _positive(self, cell: str, stem: str, column: int) -> float | None:
        text = cell.strip()
        try:
            value = float(text.replace(",", "."))
        except ValueError as error:
            if text.lower() in NOT_KNOWN:
                return None
            told = f"the row of {stem} has '{text[:40]}' as {self.headers[column]}"
            raise ValueError(f"{told}: write a number without its unit, or nothing where it is not known") from error
        return value if math.isfinite(value) and value > 0 else None


@contextmanager
def rows_of(path: Path) -> Iterator[csv.DictReader[str]]:
    """The rows of a table that we wrote, by its headers, maybe saved by a spreadsheet since. Reading them may raise csv.Error."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        delimiter = _delimiter_of(file.readline())
        file.seek(0)
        yield csv.DictReader(file, delimiter=delimiter)


def check_cells(image: str, beyond: Sequence[str]) -> None:
    """Raises ValueError for cells of an image's row that stand beyond the last header: nobody knows which cell is whose then."""
    if any(cell.strip() for cell in beyond):
        raise ValueError(
            f"the row of {image} has more cells than there are headers: "
            "put what has a comma in it into quotes, or write a number with a point"
        )


def _delimiter_of(header: str) -> str:
    """What stands between the columns of a table with that first line; spreadsheets write what their language asks for."""
    return max(",;\t", key=header.count)


def read_table(path: Path) -> PublishedTable:
    """Raises ValueError when it is no table."""
    lines = path.read_text(encoding="utf-8-sig", errors="replace").splitlines()
    try:
        header, *rows = list(csv.reader(lines, delimiter=_delimiter_of(lines[0] if lines else ""))) or [[]]
    except csv.Error as error:
        raise ValueError(f"{path.name}: {error}") from error
    return PublishedTable([" ".join(name.lower().split()) for name in header], rows)


def _known(cell: str, stem: str, _: int) -> str | None:
    text = cell.strip()
    if "\N{REPLACEMENT CHARACTER}" in text:
        raise ValueError(f"the row of {stem} holds letters that are not UTF-8; save the table as such (in Excel: CSV UTF-8)")
    return None if text.lower() in NOT_KNOWN else text


def _text(values: tuple[float | str, ...]) -> str:
    return " x ".join(value if isinstance(value, str) else f"{value:g}" for value in values)
