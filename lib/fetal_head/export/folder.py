"""A folder of exported labels: a file or two for each, and an index of all."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Literal, get_args

from pydicom.dataset import Dataset

from fetal_head.csv_text import as_csv
from fetal_head.datasets.exported import INDEX, UNFINISHED
from fetal_head.export.coco import coco, coco_image
from fetal_head.export.dicom_seg import segmentation
from fetal_head.export.dicom_sr import report
from fetal_head.export.label import Label
from fetal_head.export.pictures import IMAGES, write_nifti, write_picture, write_png
from fetal_head.export.source import source_of
from fetal_head.files import replacing, write_text

Format = Literal["coco", "nifti", "png", "dicom-seg", "dicom-sr"]
FORMATS: tuple[Format, ...] = get_args(Format)
COLUMNS = ("image", "annotated", "row_mm", "column_mm", "submission", "approved", "patient")


def write_labels(
    images: Iterable[str], label_of: Callable[[str], Label | None], kind: Format, to: Path, dataset_of: Callable[[Label], Dataset]
) -> tuple[int, list[str]]:
    """Writes the labels of some images in one format into a new folder.

    Args:
        images: their ids.
        dataset_of: the DICOM image that a label is of, for the DICOM formats.

    Returns:
        How many were written, and for each of the others a sentence that says why not.

    Raises:
        ValueError: the folder is not empty: what is left of an earlier export would be taken for part of this one.
    """
    if to.exists() and (not to.is_dir() or any(to.iterdir())):
        raise ValueError(f"{to} is not empty; name a new folder")
    index = to / INDEX
    write_text(index, as_csv([], (UNFINISHED,)))
    rows, parts, failed = [], [], []
    for image in images:
        try:
            label = label_of(image)
            if label is not None:
                parts.append(_write(label, kind, to, dataset_of))
                rows.append(_row(label, kind))
        except ValueError as error:
            failed.append(f"{image}: {error}")
    if kind == "coco":
        write_text(to / "annotations.json", json.dumps(coco(parts)))
    write_text(index, as_csv(rows, COLUMNS))
    return len(rows), failed


def _write(label: Label, kind: Format, to: Path, dataset_of: Callable[[Label], Dataset]) -> dict[str, Any]:
    """Writes one label, and returns what the file of all has to say of it."""
    if kind == "png":
        write_png(label, to)
    elif kind == "nifti":
        write_nifti(label, to)
    elif kind == "coco":
        write_picture(label, to)
        return coco_image(label, f"{IMAGES}/{label.image}.png")
    else:
        dataset = dataset_of(label)
        label.check_image()
        _write_dicom(label, kind, to, dataset)
    return {}


def _write_dicom(label: Label, kind: Format, to: Path, dataset: Dataset) -> None:
    try:
        source = source_of(dataset, label.spacing)
        outlines = segmentation(label, source)
        made = outlines if kind == "dicom-seg" else report(label, source, outlines)
    except ValueError:
        raise
    except Exception as error:  # of what they do not expect in a header, highdicom and pydicom raise anything
        raise ValueError(f"the header of its DICOM image has what no object can be made of: {error}") from error
    if made is None:
        lacks = "nothing in it can be measured" if label.spacing else "the size of its pixels is not known"
        raise ValueError(f"{lacks}, so there is no report")
    with replacing(to / f"{label.image}.{kind.removeprefix('dicom-')}.dcm") as file:
        made.save_as(file, write_like_original=False)


def _row(label: Label, kind: Format) -> dict[str, Any]:
    # a DICOM object tells its patient itself, and not by his name unless it is to
    patient = "" if kind.startswith("dicom") else label.patient
    row_mm, column_mm = label.spacing or ("", "")
    values = (label.image, " ".join(label.annotated), row_mm, column_mm, label.number, label.is_approved, patient)
    return dict(zip(COLUMNS, values, strict=True))
