"""Masks as COCO instances."""

from __future__ import annotations

from itertools import count
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fetal_head.export.label import Label
from fetal_head.imaging.mask import bounding_box, pixels_of
from fetal_head.labels import BY_NAME, STRUCTURES


def coco(labels: list[dict[str, Any]]) -> dict[str, Any]:
    """The content of a COCO file, of what `coco_image` makes of each label."""
    images, annotations, numbers = [], [], count(1)
    for number, label in enumerate(labels, start=1):
        images.append({"id": number, **{key: value for key, value in label.items() if key != "instances"}})
        annotations += [{"id": next(numbers), "image_id": number, **instance} for instance in label["instances"]]
    categories = [{"id": s.value, "name": s.name, "supercategory": "head"} for s in STRUCTURES]
    return {"images": images, "annotations": annotations, "categories": categories}


def coco_image(label: Label, file_name: str) -> dict[str, Any]:
    """An image with an instance for each structure that is there; BRAIN is the whole head, CSP and LV included.

    `annotated` says which structures were looked for: one of them without an instance is not there, others are unknown.
    """
    rows, columns = label.mask.shape
    instances = [_instance(name, region) for name in label.annotated if (region := pixels_of(label.mask, name)).any()]
    told = {"file_name": file_name, "height": rows, "width": columns, "annotated": list(label.annotated)}
    return {**told, "pixel_size_mm": label.spacing, "instances": instances}


def _instance(name: str, region: NDArray[np.bool_]) -> dict[str, Any]:
    box = bounding_box(region)
    assert box is not None
    rows, columns = box
    return {
        "category_id": BY_NAME[name].value,
        "segmentation": {"size": list(region.shape), "counts": _runs(region)},
        "bbox": [int(columns.start), int(rows.start), int(columns.stop - columns.start), int(rows.stop - rows.start)],
        "area": int(region.sum()),
        "iscrowd": 0,
    }


def _runs(region: NDArray[np.bool_]) -> list[int]:
    """Lengths of background and foreground in turn, down the columns, beginning with background."""
    pixels = region.ravel(order="F")
    edges = np.flatnonzero(np.diff(pixels)) + 1
    runs: list[int] = np.diff([0, *edges, pixels.size]).tolist()
    return [0, *runs] if pixels[0] else runs
