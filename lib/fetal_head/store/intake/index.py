"""The index that MONAI Label and `fetal-head import` write into a study folder: read, never written."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fetal_head.labels import in_order
from fetal_head.store.images import COMPOSED
from fetal_head.store.said import check_image_info, check_said

REPAIR = (
    "put back a whole one; or move it away, and the study is taken in without what it said of patients, pixel sizes and "
    "annotated structures"
)


@dataclass(frozen=True)
class Index:
    """What an index says.

    Attributes:
        images: id -> info.
        labels: (id, tag, suffix) -> info.
        meta: name and description of the study.
    """

    images: dict[str, dict[str, Any]] = field(default_factory=dict)
    labels: dict[tuple[str, str, str], dict[str, Any]] = field(default_factory=dict)
    meta: dict[str, str] = field(default_factory=dict)


# whether an image or a label was known before -> the index that tells of it
IndexFor = Callable[[bool], Index]


def read_index(path: Path) -> Index:
    """The index in a file; an empty one when there is no such file. Raises ValueError when it is damaged or cannot be read."""
    if not path.exists():
        return Index()
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        images, labels = {}, {}
        for image_id, entry in found["objects"].items():
            images[image_id] = check_image_info(_info(entry["image"]))
            for tag, label in entry.get("labels", {}).items():
                labels[image_id, tag, label["ext"]] = check_said(_info(label))
        meta = {key: str(found[key]) for key in ("name", "description") if key in found}
    except OSError as error:
        raise ValueError(f"{path} cannot be read ({error.strerror}): {REPAIR}") from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"{path} is damaged ({error!r}): {REPAIR}") from error
    return Index(images, labels, meta)


def annotated_of(info: Mapping[str, Any]) -> list[str] | None:
    """The structures that a label speaks of, as an index has them; None when it does not say, or nothing of ours."""
    said = info.get("annotated")
    try:
        return list(in_order(said)) if said else None
    except (ValueError, TypeError):
        return None


def _info(model: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in dict(model.get("info") or {}).items() if key not in COMPOSED}
