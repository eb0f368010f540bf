"""Rows as csv."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterable, Mapping


def as_csv(rows: Iterable[Mapping[str, object]], columns: Collection[str]) -> str:
    """The rows below a line of headers; None is an empty field. Raises ValueError for a row with another column."""
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
