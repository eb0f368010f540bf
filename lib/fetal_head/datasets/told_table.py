"""A table that a group writes of its own images: whose they are, and how large their pixels."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

from fetal_head.datasets.pixel_size import read_pixel_sizes
from fetal_head.datasets.published import read_table
from fetal_head.datasets.size_columns import speak_of_size

PATIENT_HEADERS = ("patient", "patient id", "patient_id", "patientid")


def read_told(path: Path) -> dict[str, dict[str, Any]]:
    """What a table tells, by image, the file's name without extension, as `said.check_image_info` has it.

    The patient is in one of `PATIENT_HEADERS`, the pixel size as `read_pixel_sizes` finds it; one of the two is enough.

    Raises:
        ValueError: it tells neither, two rows are of one image, and differ, or one cannot be read.
    """
    table = read_table(path)
    headers, has_sizes = table.headers, speak_of_size(table.headers)
    told: dict[str, dict[str, Any]] = defaultdict(dict)
    column = next((i for i, name in enumerate(headers) if name in PATIENT_HEADERS), None)
    if column is None and not has_sizes:
        named = ", ".join(headers) or "none"
        raise ValueError(
            f"{path.name}: no column is called patient, and none holds a pixel size (row_mm, column_mm); it has {named}"
        )
    try:
        patients = table.texts(column) if column is not None else {}
    except ValueError as error:
        raise ValueError(f"{path.name}: {error}") from error
    for image, patient in patients.items():
        told[image]["patient"] = patient
    for image, size in (read_pixel_sizes(path) if has_sizes else {}).items():
        told[image] |= {"spacing": list(size.spacing or ()), "pixel_size": size.note}
    return dict(told)
