"""Where a study folder keeps what.

STUDY/IMAGE.png                      the images
STUDY/labels/TAG/IMAGE.nrrd          the label of a tag, for any tool to read
STUDY/labels/history/IMAGE/0001.nrrd every mask that was ever submitted, with what is known of it in 0001.json
STUDY/labels/.writing/               files on their way to one of these
STUDY/.fetal_head/                   the embedded database, and by what others know the study and its images
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from fetal_head.imaging import EXTENSIONS, is_dicom
from fetal_head.imaging.mask_reader import MASK_EXTENSIONS
from fetal_head.stamp import Stamp, stamp_of
from fetal_head.store.files.folders import files_in, folders_in
from fetal_head.store.files.left_out import leave_out
from fetal_head.store.files.names import split_name, why_not

HISTORY = "history"
IMAGE_FACTS = "image.json"
SAME_ID = "another file has the same id: rename or remove one of the two"
NAMELESS = "it is DICOM without the ending .dcm: add it to its name, or let `fetal-head import` do it"
# as `Layout.kept` writes it, and as a database can hold it
_NUMBERED = re.compile(r"([0-9]{4,18})\.")
# a file that was written so long ago is whole
QUIET_SECONDS = 1.0


class Picture(NamedTuple):
    """An image file as it was when a mask of it was begun; None for one that was not there."""

    path: Path
    stamp: Stamp | None

    @classmethod
    def at(cls, path: Path) -> Picture:
        """The file that is there now."""
        return cls(path, stamp_of(path))

    @property
    def is_there(self) -> bool:
        """Whether it is the file that is there now."""
        return self.stamp == stamp_of(self.path)

    def digest(self) -> str | None:
        """The SHA-256 of the file; None when another one has taken its place, or is doing so."""
        try:
            digest = sha256(self.path.read_bytes()).hexdigest()
        except FileNotFoundError:
            return None
        return digest if self.is_there else None


class Label(NamedTuple):
    """A label file in the folder of a tag."""

    tag: str
    image: str
    suffix: str


@dataclass(frozen=True)
class Layout:
    """The paths of one study folder."""

    folder: Path

    @property
    def hidden(self) -> Path:
        """What is ours alone."""
        return self.folder / ".fetal_head"

    @property
    def database(self) -> Path:
        """The embedded database."""
        return self.hidden / "store.sqlite"

    @property
    def identity(self) -> Path:
        """By which the study knows its database."""
        return self.hidden / "study.json"

    @property
    def dicom(self) -> Path:
        """What the identifiers of its images in DICOM are made from, so that they are nobody else's."""
        return self.hidden / "dicom.json"

    @property
    def index(self) -> Path:
        """The index of MONAI Label and of `fetal-head import`: read, never written."""
        return self.folder / "datastore_v2.json"

    @property
    def labels(self) -> Path:
        """The folder of the tags' folders."""
        return self.folder / "labels"

    @property
    def writing(self) -> Path:
        """Where files below `labels` are written before they take their place."""
        return self.labels / ".writing"

    @property
    def uploads(self) -> Path:
        """Where images are written before they take their place: hidden, so that nobody takes half an image for one."""
        return self.hidden / "uploads"

    @property
    def history(self) -> Path:
        """A folder for each image with a past."""
        return self.labels / HISTORY

    def plain(self, label: Label) -> Path:
        """Where any tool finds the label of a tag."""
        return self.labels / label.tag / f"{label.image}{label.suffix}"

    def kept(self, image: str, number: int, suffix: str) -> Path:
        """Where a submitted mask stays for ever."""
        return self.history / image / f"{number:04d}{suffix}"

    def facts(self, image: str, number: int) -> Path:
        """What is known of a submitted mask."""
        return self.history / image / f"{number:04d}.json"

    def image_facts(self, image: str) -> Path:
        """What clients said of an image."""
        return self.history / image / IMAGE_FACTS

    def image_files(self, known: Callable[[str], str | None]) -> dict[str, tuple[str, Stamp]]:
        """The images in the folder: id -> file name and stamp.

        Of two files with one id the one counts that is `known` by it, since labels were made for that, or the first by name.
        """
        found: dict[str, tuple[str, Stamp]] = {}
        for name, size, mtime_ns in sorted(files_in(self.folder), reverse=True):
            image, suffix = split_name(name)
            if suffix.lower() not in EXTENSIONS:
                if is_dicom(self.folder / name):
                    leave_out(self.folder / name, NAMELESS)
                continue
            if reason := why_not(image):
                leave_out(self.folder / name, reason)
            elif image not in found:
                found[image] = name, Stamp(size, mtime_ns)
            elif found[image][0] == known(image):
                leave_out(self.folder / name, SAME_ID)
            else:
                leave_out(self.folder / found[image][0], SAME_ID)
                found[image] = name, Stamp(size, mtime_ns)
        return found

    def label_files(self) -> dict[Label, Stamp]:
        """The label files of all tags, whether anybody knows them or not."""
        found = {}
        for tag in self.tags():
            try:
                files = list(files_in(self.labels / tag))
            except OSError as error:
                leave_out(self.labels / tag, f"it cannot be looked at ({error.strerror})")
                continue
            for name, size, mtime_ns in files:
                image, suffix = split_name(name)
                if suffix.lower() in MASK_EXTENSIONS:
                    found[Label(tag, image, suffix)] = Stamp(size, mtime_ns)
        return found

    def tags(self) -> list[str]:
        """The tags that have a folder."""
        return [name for name in folders_in(self.labels) if name != HISTORY]

    def images_with_a_past(self) -> list[str]:
        """The images that have a history."""
        return folders_in(self.history)

    def numbers(self, image: str) -> dict[int, set[str]]:
        """What lies in an image's history: number -> file names."""
        found: dict[int, set[str]] = {}
        folder = self.history / image
        for name in os.listdir(folder) if folder.is_dir() else ():
            if number := _NUMBERED.match(name):
                found.setdefault(int(number[1]), set()).add(name)
        return found
