"""Head circumferences that were published beside the pixel sizes, as HC18's csv has them."""

from __future__ import annotations

import csv
import math
from pathlib import Path

from fetal_head.datasets.names import stem_of
from fetal_head.datasets.pixel_size import FILE_HEADERS


def read_circumferences(path: Path) -> dict[str, float]:
    """Head circumference in mm by image, the file's name without extension; empty where no column speaks of a circumference.

    Rows without a positive number are left out.
    """
    lines = path.read_text(encoding="utf-8-sig", errors="replace").splitlines()
    delimiter = max(",;\t", key=lines[0].count) if lines else ","
    header, *rows = list(csv.reader(lines, delimiter=delimiter)) or [[]]
    headers = [" ".join(name.lower().split()) for name in header]
    file_column = next((i for i, name in enumerate(headers) if name in FILE_HEADERS), 0)
    column = next((i for i, name in enumerate(headers) if "circumference" in name), None)
    if column is None:
        return {}
    found = {stem_of(row[file_column]): _number(row[column]) for row in rows if len(row) > max(file_column, column)}
    return {stem: value for stem, value in found.items() if value is not None}


def _number(text: str) -> float | None:
    try:
        value = float(text.strip().replace(",", "."))
    except ValueError:
        return None
    return value if math.isfinite(value) and value > 0 else None
