"""A study folder: images, final labels, and the index with which MONAI Label opens it."""

from __future__ import annotations

import shutil
import time
import zlib
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from types import TracebackType
from typing import Any

from PIL import Image

from fetal_head.datasets.already import holds_label, holds_picture, holds_size
from fetal_head.datasets.case import Case
from fetal_head.datasets.entering import COMING, INDEX, LABELS, STAGING, SUMMARY, complete_broken_off, enter, read_index
from fetal_head.datasets.names import files_in, stem_of
from fetal_head.datasets.summary import Row, read_rows, summary_row
from fetal_head.files import alone_in, replacing, suffix_of
from fetal_head.imaging import read_geometry, write_mask
from fetal_head.imaging.mask_reader import MASK_EXTENSIONS
from fetal_head.imaging.whole_numbers import whole_numbers
from fetal_head.store.said import FILE_SIZE


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

    What a process that is killed after that has not yet moved there, the next writer does before its own.

    Example:
        with StudyWriter(Path("study")) as study:
            study.add(case)

    Attributes:
        rows: the summary rows of the cases added.
        taken: those of the cases that did not come in, since somebody put another file of their name there meanwhile.
        completed: how many images came in on entering, of imports that were killed.
        staging: where their files wait for the end of the block.

    Raises:
        ValueError: on entering, when the folder holds something that is no study, its index or summary is damaged, or another
            writer is at work in it.
    """

    def __init__(self, to: Path) -> None:
        self.to = to
        self.rows: list[Row] = []
        self.taken: list[Row] = []
        self._objects: dict[str, Any] = {}

    def __enter__(self) -> StudyWriter:
        self._is_new = not self.to.exists()
        if not self._is_new and not self.to.is_dir():
            raise ValueError(f"{self.to} is a file, not a folder")
        self.to.mkdir(parents=True, exist_ok=True)
        busy = f"another import into {self.to} is under way; wait until it has ended"
        with ExitStack() as alone:
            alone.enter_context(alone_in(self.to, ValueError(busy)))
            self.completed = complete_broken_off(self.to)
            # hidden files do not make a folder full
            if not (self.to / INDEX).exists() and any(not path.name.startswith(".") for path in self.to.iterdir()):
                raise ValueError(f"{self.to} is not empty and holds no earlier import; name a new folder")
            # with all that another import has added until now
            self._index = read_index(self.to)
            read_rows(self.to / SUMMARY)
            # of any kind: a label is that of the image of its name
            self._pictures = {stem_of(path): path for path in files_in(self.to)}
            self._labels = {stem_of(path) for path in files_in(self.to / LABELS, MASK_EXTENSIONS)}
            self.staging = Path(mkdtemp(dir=self.to, prefix=STAGING))
            self._alone = alone.pop_all()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        try:
            if kind is None:
                taken = enter(self.staging, self.to, self._objects, self.rows)
                self.taken = [row for row in self.rows if row["image"] in taken]
                self.rows = [row for row in self.rows if row["image"] not in taken]
        finally:
            # what is coming already is let in by the next import
            if self.staging.exists() and not (self.staging / COMING).exists():
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
        picture = folder / case.file if is_new else self._pictures.get(case.id, folder)
        if not holds_picture(picture, case):
            return ValueError(f"another picture is already there as {case.id}, and stays; this one needs another name")
        entry = entries.get(case.id, {})
        if case.mask is not None and not holds_label(folder / LABELS / f"{case.id}.nrrd", entry, case):
            return DifferentError("already there, but not with this label; what is there stays")
        told = entry.get("image", {}).get("info", {})
        if not holds_size(told.get("spacing") or read_geometry(picture).spacing, case):
            return DifferentError("already there, but not with this pixel size; what is there stays")
        if case.patient not in ("", told.get("patient", case.patient)):
            return DifferentError("already there, but as an image of another patient; what is there stays")
        return RedundantError("already there")

    def take(self, written: Written) -> None:
        """Takes in a case whose files `write_case` has put into `staging`, here or in another process."""
        self._objects[written.id] = written.entry
        self.rows.append(written.row)


def write_case(staging: Path, case: Case) -> Written:
    """Writes the files of a case."""
    picture = staging / case.file
    with replacing(picture) as temporary:
        if case.dicom is not None:
            temporary.write_bytes(case.dicom)
        else:
            # as small as the default on speckle, in half the time
            Image.fromarray(whole_numbers(case.image)).save(temporary, format="PNG", compress_level=1, compress_type=zlib.Z_RLE)
    geometry = read_geometry(picture)
    if case.mask is not None:
        with replacing(staging / LABELS / f"{case.id}.nrrd") as temporary:
            write_mask(temporary, case.mask, geometry)
    return Written(case.id, _index_entry(case, picture.stat().st_size, geometry.spacing), summary_row(case))


def _index_entry(case: Case, size: int, spacing: tuple[float, float] | None) -> dict[str, Any]:
    """What MONAI Label keeps of one image (its ImageLabelModel), as plain JSON; `spacing` is what its file tells."""
    now = int(time.time())
    image = {"ts": now, "name": case.file, "patient": case.patient, "plane": case.plane, "source": case.source}
    if case.spacing not in (None, spacing):
        image |= {"spacing": case.spacing, "pixel_size": case.pixel_size, FILE_SIZE: size}
    label = {"ts": now, "name": f"{case.id}.nrrd", "annotated": list(case.annotated), "source": "import"}
    labels = {"final": {"ext": ".nrrd", "info": label}} if case.mask is not None else {}
    return {"image": {"ext": suffix_of(case.file), "info": image}, "labels": labels}
