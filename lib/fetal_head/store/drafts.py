"""What a client hands in as a label, checked and made one of ours."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from fetal_head.imaging import Geometry, Mask, annotated_in, read_image, read_mask, write_mask
from fetal_head.labels import in_order
from fetal_head.store.people import who_is
from fetal_head.store.submissions import Draft

SUFFIX = ".nrrd"


def read_draft(image: Path, label: Path, said: dict[str, Any]) -> Draft:
    """A mask as uint8 NRRD in our values, on the pixels of its image.

    `said` is what the client sent along: `label_info` there is the viewer's segment list (values are told by name,
    because viewers number segments as they list them), `annotated` the structures that the annotator looked for, `seconds`
    the time spent, `model_version` the model that it began with.

    Raises:
        ValueError: the file is no mask of the image, or what was said of it makes no sense.
        TypeError: likewise.
    """
    geometry = read_image(image)[1]
    segments = said.get("label_info")
    mask = read_mask(label, geometry.shape, segments=_names(segments) if segments else None)
    # batch inference sends what /infer would answer as `params`
    model = said.get("model_version") or (said.get("params") or {}).get("model_version")
    return Draft(
        encoded(mask, geometry),
        SUFFIX,
        who=who_is(said),
        annotated=list(in_order(said.get("annotated") or annotated_in(mask))),
        seconds=_seconds(said.get("seconds")),
        model=str(model) if model else None,
        info={key: value for key, value in said.items() if key != "annotated"},
    )


def encoded(mask: Mask, geometry: Geometry) -> bytes:
    """The bytes of a mask's file."""
    with TemporaryDirectory(prefix="fetal-head-") as folder:
        path = Path(folder) / f"mask{SUFFIX}"
        write_mask(path, mask, geometry)
        return path.read_bytes()


def _names(segments: Any) -> list[str]:
    if not isinstance(segments, list) or not all(isinstance(s, dict) and isinstance(s.get("name"), str) for s in segments):
        raise ValueError('label_info must be a list like [{"name": "BRAIN", "idx": 1}], in the order of the values')
    return [segment["name"] for segment in segments]


def _seconds(said: Any) -> float | None:
    if said is None:
        return None
    seconds = float(said)
    if not 0 <= seconds < float("inf"):
        raise ValueError(f"seconds must be the time spent on the label, not {said!r}")
    return seconds
