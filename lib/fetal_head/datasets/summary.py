"""The table that says what a study folder holds, one row per image."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from fetal_head.datasets.case import Case
from fetal_head.datasets.pixel_size import UNKNOWN_SIZE
from fetal_head.datasets.published import rows_of
from fetal_head.imaging.mask import region_of
from fetal_head.labels import NAMES

Row = dict[str, str | float | None]

COLUMNS = (
    "image",
    "patient",
    "plane",
    "row_mm",
    "column_mm",
    "pixel_size",
    "annotated",
    *(f"{n}_pixels" for n in NAMES),
    "source",
)


def summary_row(case: Case) -> Row:
    """A case's row: sizes in mm, areas in pixels, BRAIN's that of the whole head.

    What is unknown is None: a pixel size, the area of what nobody annotated.
    """
    row_mm, column_mm = case.spacing or (None, None)
    row: Row = {
        "image": case.id,
        "patient": case.patient,
        "plane": case.plane,
        "row_mm": row_mm,
        "column_mm": column_mm,
        "pixel_size": case.pixel_size if case.spacing else UNKNOWN_SIZE,
        "annotated": " ".join(case.annotated),
    }
    for name in NAMES:
        region = region_of(case.mask, name) if case.mask is not None and name in case.annotated else None
        row[f"{name}_pixels"] = None if region is None else int(np.count_nonzero(region))
    return {**row, "source": case.source}


def read_rows(path: Path) -> list[Row]:
    """The rows of a summary that was written before, maybe saved by a spreadsheet since; none where there is no such file.

    Raises:
        ValueError: it is no such table any more.
    """
    if not path.exists():
        return []
    try:
        with rows_of(path) as table:
            if not {*COLUMNS} <= {*(table.fieldnames or ())}:
                raise ValueError("it lacks a column")
            return [{name: row.get(name) or "" for name in COLUMNS} for row in table]
    except (ValueError, csv.Error) as error:
        raise ValueError(f"{path} is no table of an import any more: move it away, or save it in UTF-8 ({error})") from error
