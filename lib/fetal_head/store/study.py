"""The study folder of a running server: MONAI Label's local datastore, with every label checked and made one of ours."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import Any

from fastapi import HTTPException
from filelock import FileLock
from monailabel.datastore.local import DataModel, LocalDatastore
from monailabel.interfaces.datastore import Datastore, DefaultLabelTag

from fetal_head.files import write_text
from fetal_head.imaging import EXTENSIONS, Geometry, annotated_in, read_image, read_mask, write_mask
from fetal_head.labels import in_order
from fetal_head.learning.samples import Labelled

LABEL_EXTENSION = ".nrrd"
# `.seg.nrrd` last: the last pattern that fits a name decides where its id ends
PATTERNS = tuple(f"*{form}" for e in (*EXTENSIONS, ".seg.nrrd") for form in (e, e.upper()))
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_. -]{0,199}")


class StudyDatastore(LocalDatastore):  # type: ignore[misc]
    """A folder of images with their labels in `labels/<tag>/` and MONAI Label's index `datastore_v2.json`."""

    def __init__(self, folder: str, auto_reload: bool = False, read_only: bool = False) -> None:
        if "://" in folder:
            raise ValueError(f"--studies {folder}: only folders are supported, no DICOMweb or other server")
        super().__init__(folder, extensions=PATTERNS, auto_reload=auto_reload, read_only=read_only)

    def add_image(self, image_id: str, image_filename: str, image_info: dict[str, Any]) -> str:
        """Takes an uploaded image. Answers 422 when it is not readable or its id is no plain name."""
        _check_name("image id", image_id)
        try:
            read_image(image_filename)
        except ValueError as error:
            raise HTTPException(422, f"the image was not accepted: {error}") from error
        return str(super().add_image(image_id, image_filename, image_info))

    def save_label(self, image_id: str, label_filename: str, label_tag: str, label_info: dict[str, Any]) -> str:
        """Keeps a submitted mask as uint8 NRRD in our values, on the pixels of its image.

        `label_info` is what the client sent along: `label_info` there is the viewer's segment list (values are told by
        name, because viewers number segments as they list them), `annotated` the structures that the annotator looked for.
        Answers 404 for an unknown image and 422, saying why, for what is no mask of it.
        """
        _check_name("tag", label_tag)
        image = self.get_image_uri(image_id)
        if not image:
            raise HTTPException(404, f"there is no image '{image_id}'")
        info = dict(label_info or {})
        try:
            geometry = read_image(image)[1]
            segments = info.get("label_info")
            mask = read_mask(label_filename, geometry.shape, segments=_names(segments) if segments else None)
            info["annotated"] = list(in_order(info.get("annotated") or annotated_in(mask)))
        except (ValueError, TypeError) as error:
            raise HTTPException(422, f"the label of '{image_id}' was not accepted: {error}") from error
        # not upstream's own way, which copies over the old label: a crash then leaves half of the new one
        label = Path(self._datastore.label_path(label_tag)) / f"{image_id}{LABEL_EXTENSION}"
        with FileLock(self._lock_file):
            write_mask(label, mask, geometry)
            info |= {"ts": int(time.time()), "name": label.name}
            self._datastore.objects[image_id].labels[label_tag] = DataModel(info=info, ext=LABEL_EXTENSION)
            self._update_datastore_file(lock=False)
        return image_id

    def spacing_of(self, path: str, geometry: Geometry) -> tuple[float, float] | None:
        """mm per pixel along (rows, columns) of the image at `path`: as told to the store, else as the file has it, else None."""
        image_id, _ = self._to_id(Path(path).name)
        info = self.get_image_info(image_id) if self.get_image_uri(image_id) == path else {}
        told = info.get("spacing")
        return (float(told[0]), float(told[1])) if told else geometry.spacing

    def _update_datastore_file(self, lock: bool = True) -> None:
        if lock:
            with FileLock(self._lock_file):
                self._update_datastore_file(lock=False)
            return
        # a torn index keeps the server from starting (upstream writes in place)
        self._ignore_event_config = True
        index = self._datastore.model_dump(exclude={"base_path"})
        write_text(Path(self._datastore_config_path), json.dumps(index, indent=2, default=str))
        self._config_ts = Path(self._datastore_config_path).stat().st_mtime


def labelled_images(datastore: Datastore) -> list[Labelled]:
    """Every image with a submitted label, and what is known of it."""
    final = DefaultLabelTag.FINAL
    found = []
    for image_id in datastore.get_labeled_images():
        annotated = datastore.get_label_info(image_id, final).get("annotated")
        found.append(
            Labelled(
                image_id,
                Path(datastore.get_image_uri(image_id)),
                Path(datastore.get_label_uri(image_id, final)),
                datastore.get_image_info(image_id).get("patient"),
                tuple(annotated) if annotated else None,
            )
        )
    return found


def _names(segments: Any) -> list[str]:
    if not isinstance(segments, list) or not all(isinstance(s, dict) and isinstance(s.get("name"), str) for s in segments):
        raise ValueError('label_info must be a list like [{"name": "BRAIN", "idx": 1}], in the order of the values')
    return [segment["name"] for segment in segments]


def _check_name(what: str, name: str) -> None:
    if not _NAME.fullmatch(name):
        raise HTTPException(422, f"the {what} {name!r} is not accepted: letters, digits, '_', '-', '.' and blanks are")
