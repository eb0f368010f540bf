"""`per_image.csv`: a row an image."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fetal_head.evaluation.comparison import Comparison
from fetal_head.evaluation.metrics import Agreement
from fetal_head.evaluation.summary import IN_MM, LENGTHS, OVERLAP


def table(comparisons: Sequence[Comparison], classes: Sequence[str]) -> list[dict[str, Any]]:
    """A row for each image, all of the same columns; what is unknown or not defined is None."""
    return [_row(comparison, classes) for comparison in comparisons]


def _row(comparison: Comparison, classes: Sequence[str]) -> dict[str, Any]:
    row_mm, column_mm = comparison.spacing or (None, None)
    row: dict[str, Any] = {
        "image": comparison.pair.id,
        "patient": comparison.pair.patient,
        "row_mm": row_mm,
        "column_mm": column_mm,
    }
    for name in classes:
        row |= _of_structure(name, comparison.original.get(name), (*OVERLAP, *IN_MM))
        network = comparison.network.get(name)
        row |= {f"{name}_network_{metric}": getattr(network, metric, None) for metric in OVERLAP}
    for key in LENGTHS:
        length = comparison.lengths.get(key)
        row |= {f"{key}_{what}": getattr(length, what, None) for what in ("reference", "predicted")}
    return row


def _of_structure(name: str, found: Agreement | None, metrics: Sequence[str]) -> dict[str, Any]:
    """Whether the structure is there and was seen, 1 or 0 or unknown, and its metrics."""
    facts = {f"{name}_{what}": int(getattr(found, what)) if found else None for what in ("present", "seen")}
    return facts | {f"{name}_{metric}": getattr(found, metric, None) for metric in metrics}
