"""A study folder: images, final labels, and the index with which MONAI Label opens it."""

from __future__ import annotations

import json
import shutil
import time
import zlib
from collections.abc import Iterable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from types import TracebackType
from typing import Any

from PIL import Image

from fetal_head.csv_text import as_csv
from fetal_head.datasets.already import holds_label, holds_picture, holds_size
from fetal_head.datasets.case import Case
from fetal_head.datasets.names import files_in, stem_of
from fetal_head.datasets.summary import COLUMNS, Row, read_rows, summary_row
from fetal_head.files import alone_in, replacing, write_text
from fetal_head.imaging import Geometry, write_mask
from fetal_head.imaging.mask_reader import MASK_EXTENSIONS
from fetal_head.imaging.whole_numbers import whole_numbers
from fetal_head.store.said import FILE_SIZE

INDEX, SUMMARY, LABELS = "datastore_v2.json", "summary.csv", Path("labels/final")


class RedundantError(ValueError):
    """A picture that the study holds already, of its patient, with its label and its pixel size if it has any."""


class DifferentError(ValueError):
    """A picture that the study holds already, of another patient, with another label or pixel size, or without."""


@dataclass(frozen=True)
class Written:
    """A case whose files are written: its id, what the index says of it, and its summary row."""

    id: str
    entry: dict[str, Any]
    row: Row


class StudyWriter:
    """Writes cases into a study folder, all of them or none: nothing is in the folder before the `with` block has ended well.

    Example:
        with StudyWriter(Path("study")) as study:
            study.add(case)

    Attributes:
        rows: the summary rows of the cases added.
        staging: where their files wait for the end of the block.

    Raises:
        ValueError: on entering, when the folder holds something that is no study, its index or summary is damaged, or another
            writer is at work in it.
    """

    def __init__(self, to: Path) -> None:
        self.to = to
        self.rows: list[Row] = []
        self._objects: dict[str, Any] = {}

    def __enter__(self) -> StudyWriter:
        _read_index(self.to)
        read_rows(self.to / SUMMARY)
        self._is_new = not self.to.exists()
        self.to.mkdir(parents=True, exist_ok=True)
        try:
            self._alone = ExitStack()
            self._alone.enter_context(alone_in(self.to, waits=False))
        except BlockingIOError as error:
            raise ValueError(f"another import into {self.to} is under way; wait until it has ended") from error
        # with all that another import has added until now
        self._index = _read_index(self.to)
        # of any kind: a label is that of the image of its name
        self._pictures = {stem_of(path): path for path in files_in(self.to)}
        self._labels = {stem_of(path) for path in files_in(self.to / LABELS, MASK_EXTENSIONS)}
        self.staging = Path(mkdtemp(dir=self.to, prefix=".import-"))
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        try:
            if kind is None:
                self._commit()
        finally:
            shutil.rmtree(self.staging)
            if kind is not None and self._is_new:
                with suppress(OSError):
                    self.to.rmdir()
            self._alone.close()

    def __contains__(self, case_id: str) -> bool:
        """Whether the folder holds an image of this id, or a label that somebody once made for it."""
        return any(case_id in known for known in (self._objects, self._index["objects"], self._pictures, self._labels))

    def add(self, case: Case) -> None:
        """Takes a case in.

        Raises:
            RedundantError: it is already there.
            DifferentError: it is already there, of another patient, with another label or pixel size, or without.
            ValueError: another picture has its id.
        """
        if case.id in self:
            raise self._refusal(case)
        self.take(write_case(self.staging, case))

    def _refusal(self, case: Case) -> ValueError:
        is_new = case.id in self._objects
        folder, entries = (self.staging, self._objects) if is_new else (self.to, self._index["objects"])
        picture = folder / f"{case.id}.png" if is_new else self._pictures.get(case.id, folder)
        if not holds_picture(picture, case):
            return ValueError(f"another picture is already there as {case.id}; rename this one")
        entry = entries.get(case.id, {})
        if case.mask is not None and not holds_label(folder / LABELS / f"{case.id}.nrrd", entry, case):
            return DifferentError("already there, but not with this label; what is there stays")
        told = entry.get("image", {}).get("info", {})
        if not holds_size(told.get("spacing"), case):
            return DifferentError("already there, but not with this pixel size; what is there stays")
        if case.patient not in ("", told.get("patient", case.patient)):
            return DifferentError("already there, but as an image of another patient; what is there stays")
        return RedundantError("already there")

    def take(self, written: Written) -> None:
        """Takes in a case whose files `write_case` has put into `staging`, here or in another process."""
        self._objects[written.id] = written.entry
        self.rows.append(written.row)

    def _commit(self) -> None:
        """Moves the images into the folder, names them, and then moves the labels: only the index says what a label speaks of."""
        # people open it in spreadsheets: one that cannot be read any more must be found before anything is there
        summary = as_csv([*read_rows(self.to / SUMMARY), *self.rows], COLUMNS)
        (self.to / LABELS).mkdir(parents=True, exist_ok=True)
        labels = [LABELS / f"{case_id}.nrrd" for case_id, entry in self._objects.items() for _ in entry["labels"]]
        self._move(Path(f"{case_id}.png") for case_id in self._objects)
        write_text(self.to / SUMMARY, summary)
        self._index["objects"].update(self._objects)
        write_text(self.to / INDEX, json.dumps(self._index, indent=2))
        self._move(labels)

    def _move(self, names: Iterable[Path]) -> None:
        for name in names:
            (self.staging / name).replace(self.to / name)


def write_case(staging: Path, case: Case) -> Written:
    """Writes the files of a case."""
    pixels = whole_numbers(case.image)
    picture = staging / f"{case.id}.png"
    with replacing(picture) as temporary:
        # as small as the default on speckle, in half the time
        Image.fromarray(pixels).save(temporary, format="PNG", compress_level=1, compress_type=zlib.Z_RLE)
    if case.mask is not None:
        shape = (case.image.shape[0], case.image.shape[1])
        with replacing(staging / LABELS / f"{case.id}.nrrd") as temporary:
            write_mask(temporary, case.mask, Geometry(shape))
    return Written(case.id, _index_entry(case, picture.stat().st_size), summary_row(case))


def _read_index(folder: Path) -> dict[str, Any]:
    """The folder's index, or that of an empty one. Hidden files do not make a folder full."""
    path = folder / INDEX
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"{folder} is a file, not a folder")
    if not path.exists():
        if folder.exists() and any(not p.name.startswith(".") for p in folder.iterdir()):
            raise ValueError(f"{folder} is not empty and holds no earlier import; name a new folder")
        return {"name": folder.name, "description": "", "images_dir": ".", "labels_dir": "labels", "objects": {}}
    if path.is_dir():
        raise ValueError(f"{path} is damaged: a folder lies there; move it away")
    try:
        index = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path} is damaged: {error}") from error
    if not isinstance(index, dict) or not isinstance(index.get("objects"), dict):
        raise ValueError(f"{path} is no index of images")
    return index


def _index_entry(case: Case, size: int) -> dict[str, Any]:
    """What MONAI Label keeps of one image (its ImageLabelModel), as plain JSON."""
    now = int(time.time())
    image = {"ts": now, "name": f"{case.id}.png", "patient": case.patient, "plane": case.plane, "source": case.source}
    if case.spacing is not None:
        image |= {"spacing": list(case.spacing), "pixel_size": case.pixel_size, FILE_SIZE: size}
    label = {"ts": now, "name": f"{case.id}.nrrd", "annotated": list(case.annotated), "source": "import"}
    labels = {"final": {"ext": ".nrrd", "info": label}} if case.mask is not None else {}
    return {"image": {"ext": ".png", "info": image}, "labels": labels}
