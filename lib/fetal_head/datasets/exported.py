"""What the index of an export of ours says of its labels, to be read beside images/ and masks/."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fetal_head.datasets.names import stem_of
from fetal_head.datasets.pixel_size import PixelSize, per_axis
from fetal_head.datasets.published import check_cells, rows_of
from fetal_head.labels import in_order

COLUMNS = {"image", "annotated", "row_mm", "column_mm"}
INDEX = "index.csv"
# what stands in the index until all labels are written
UNFINISHED = "unfinished"


@dataclass(frozen=True)
class Exported:
    """What is known of an exported label: the structures that it speaks of, the size of a pixel, and whose image it is of."""

    annotated: tuple[str, ...]
    size: PixelSize
    patient: str | None


def read_index(path: Path) -> dict[str, Exported]:
    """The rows of an index, by image; none where there is no such file, or one that is no index of an export.

    Raises:
        ValueError: no table, it names a structure or a pixel size that is none, two rows of one image differ, one has
            more cells than there are headers, or the export was broken off: nobody knows of what its masks speak.
    """
    if not path.is_file():
        return {}
    try:
        with rows_of(path) as table:
            columns = set(table.fieldnames or ())
            if columns == {UNFINISHED}:
                raise ValueError("the export was broken off, or is still being written; export again into a new folder")
            return _by_image(table) if columns >= COLUMNS else {}
    except (ValueError, csv.Error) as error:
        raise ValueError(f"{path.name}: {error}") from error


def told_of(path: Path, index: Mapping[str, Exported]) -> Exported | None:
    """What an index says of an image, which people who write one call by its file's name, and an export without the ending."""
    return index.get(stem_of(path)) or index.get(_key(path.name))


def told_nothing(table: Path, index: Mapping[str, Exported], images: Iterable[Path]) -> list[tuple[Path, str]]:
    """A sentence where a file is called as an index is and tells of none of the images: who wrote it believes that it does."""
    if not table.is_file() or any(told_of(image, index) for image in images):
        return []
    return [(table, "tells of none of the images; an export has the columns image, annotated, row_mm, column_mm and patient")]


def _key(image: str) -> str:
    # by the name that its files are found by, which is read without blanks around it
    return stem_of(f"{image}.png")


def _by_image(table: Iterable[dict[Any, Any]]) -> dict[str, Exported]:
    found: dict[str, Exported] = {}
    for row in table:
        check_cells(row["image"], row.get(None, ()))
        stem, told = _key(row["image"]), _exported(row)
        if found.setdefault(stem, told) != told:
            raise ValueError(f"two rows are of {stem}, and differ; keep the one that is right")
    return found


def _exported(row: dict[str, str]) -> Exported:
    try:
        size = [row[side].replace(",", ".") for side in ("row_mm", "column_mm")]
        pixel = per_axis(*size) if any(size) else PixelSize()
        # earlier exports did not tell the patient
        return Exported(in_order((row["annotated"] or "").split()), pixel, (row.get("patient") or "").strip() or None)
    except (ValueError, TypeError, AttributeError) as error:
        raise ValueError(f"the row of {row['image']} cannot be read: {error}") from error
