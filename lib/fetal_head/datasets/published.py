"""Tables that data sets publish beside their images: a row for each file name, numbers in columns with headers."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from fetal_head.datasets.names import stem_of

FILE_HEADERS = ("filename", "file name", "file", "image", "image name", "name", "label")


@dataclass(frozen=True)
class PublishedTable:
    """A csv whatever its delimiter, its headers in lower case; the file's name is in one of `FILE_HEADERS`, else comes first."""

    headers: list[str]
    rows: list[list[str]]

    def numbers(self, *columns: int) -> dict[str, tuple[float, ...]]:
        """Positive numbers of some columns by image, the file's name without extension; rows that lack one are left out.

        Raises:
            ValueError: two rows are of one image, and differ.
        """
        file_column = next((i for i, name in enumerate(self.headers) if name in FILE_HEADERS), 0)
        found: dict[str, tuple[float, ...]] = {}
        for row in self.rows:
            if len(row) > max(file_column, *columns):
                values = tuple(value for column in columns if (value := _positive(row[column])) is not None)
                stem = stem_of(row[file_column])
                if len(values) == len(columns) and found.setdefault(stem, values) != values:
                    raise ValueError(
                        f"two rows are of {stem}, {_text(found[stem])} and {_text(values)}; keep the one that is right"
                    )
        return found


@contextmanager
def rows_of(path: Path) -> Iterator[csv.DictReader[str]]:
    """The rows of a table that we wrote, by its headers, maybe saved by a spreadsheet since. Reading them may raise csv.Error."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        delimiter = _delimiter_of(file.readline())
        file.seek(0)
        yield csv.DictReader(file, delimiter=delimiter)


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


def _text(values: tuple[float, ...]) -> str:
    return " x ".join(f"{value:g}" for value in values)


def _positive(text: str) -> float | None:
    try:
        value = float(text.strip().replace(",", "."))
    except ValueError:
        return None
    return value if math.isfinite(value) and value > 0 else None
