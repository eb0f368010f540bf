"""What a client hands in as a label, checked and made one of ours."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from tempfile import gettempdir
from typing import Any

from fetal_head.files import temporary_in
from fetal_head.imaging import Geometry, Mask, annotated_in, read_geometry, read_mask, write_mask
from fetal_head.labels import in_order
from fetal_head.store.errors import disk_told
from fetal_head.store.labels.adding import Draft
from fetal_head.store.people import who_is
from fetal_head.store.said import check_said, check_text

SUFFIX = ".nrrd"
LONGEST_VERSION = 200


def read_draft(image: Path, label: Path, said: dict[str, Any], asked: Sequence[str]) -> Draft:
    """A mask as uint8 NRRD in our values, on the pixels of its image; `asked` are the structures that annotators look for.

    `said` is what the client sent along: `label_info` there is the viewer's segment list (values are told by name,
    because viewers number segments as they list them), `annotated` the structures that this one looked for, `seconds`
    the time spent, `model_version` the model that it began with, `replaces` the label that was seen as the current one.

    Raises:
        ValueError: the file is no mask of the image, or what was said of it makes no sense.
        TypeError: likewise.
    """
    check_said(said)
    who, seconds, model = who_is(said), _seconds(said.get("seconds")), _model(said)
    geometry = read_geometry(image)
    segments = said.get("label_info")
    mask = read_mask(label, geometry.shape, segments=_names(segments) if segments else None)
    return Draft(
        encoded(mask, geometry),
        SUFFIX,
        who=who,
        annotated=annotated_as_said(asked if said.get("annotated") is None else said["annotated"], mask),
        seconds=seconds,
        model=model,
        info={key: value for key, value in said.items() if key not in ("annotated", "replaces")},
        replaces=_replaces(said.get("replaces")),
    )


def encoded(mask: Mask, geometry: Geometry, suffix: str = SUFFIX) -> bytes:
    """The bytes of a mask's file. Raises StoreError when there is no room for it."""
    with disk_told(gettempdir()), temporary_in(Path(gettempdir()), suffix) as path:
        write_mask(path, mask, geometry)
        return path.read_bytes()


def _names(segments: Any) -> list[str]:
    if not isinstance(segments, list) or not all(isinstance(s, dict) and isinstance(s.get("name"), str) for s in segments):
        raise ValueError('label_info must be a list like [{"name": "BRAIN", "idx": 1}], in the order of the values')
    return [segment["name"] for segment in segments]


def annotated_as_said(said: Any, mask: Mask) -> list[str]:
    """The structures that a mask speaks of, as is said of it.

    Raises:
        ValueError: that is none.
    """
    # whatever is said of a head without a pixel, it is no absent one
    names = [name for name in in_order(said) if name in annotated_in(mask)]
    if not names:
        raise ValueError("annotated names no structure; a label speaks of one at least: skip or flag an image without one")
    return names


def _model(said: dict[str, Any]) -> str | None:
    # batch inference sends what /infer would answer as `params`
    params = said.get("params")
    model = said.get("model_version") or (params.get("model_version") if isinstance(params, dict) else None)
    return check_text("model_version", model, LONGEST_VERSION) if model else None


def _replaces(said: Any) -> int | None:
    if said is not None and (type(said) is not int or said < 0):
        raise ValueError(f"replaces must be the number of a label, or 0 for none, not {str(said)[:40]!r}")
    return said


def _seconds(said: Any) -> float | None:
    if said is None:
        return None
    seconds = float(said)
    if not 0 <= seconds < math.inf:
        raise ValueError(f"seconds must be the time spent on the label, not {str(said)[:40]!r}")
    return seconds
