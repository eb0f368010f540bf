"""Where a study folder keeps what.

STUDY/IMAGE.png                      the images
STUDY/labels/TAG/IMAGE.nrrd          the label of a tag, for any tool to read
STUDY/labels/history/IMAGE/0001.nrrd every mask that was ever submitted, with what is known of it in 0001.json
STUDY/labels/.writing/               files on their way to one of these
STUDY/.fetal_head/                   the embedded database, and by what others know the study and its images
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from fetal_head.files import suffix_of
from fetal_head.imaging import EXTENSIONS
from fetal_head.imaging.mask_reader import MASK_EXTENSIONS
from fetal_head.store.left_out import leave_out

HISTORY = "history"
IMAGE_FACTS = "image.json"
NOT_READ_BACK = "its id ends like the first half of an extension, and its labels would be another image's: call it otherwise"


class Stamp(NamedTuple):
    """By which a file is known again without reading it."""

    size: int
    mtime_ns: int

    def is_quiet(self, seconds: float) -> bool:
        """Whether nobody has written into the file for so long; a time to come, of a clock that was set back, tells nothing."""
        return abs(time.time_ns() - self.mtime_ns) >= seconds * 1e9


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

    def image_files(self) -> dict[str, tuple[str, Stamp]]:
        """The images in the folder: id -> file name and stamp. Of two files with one id the first by name counts."""
        found: dict[str, tuple[str, Stamp]] = {}
        for name, stamp in sorted(_files(self.folder), reverse=True):
            image, suffix = split_name(name)
            if suffix.lower() not in EXTENSIONS:
                continue
            if is_read_back(image):
                found[image] = name, stamp
            else:
                leave_out(self.folder / name, NOT_READ_BACK)
        return found

    def label_files(self) -> dict[Label, Stamp]:
        """The label files of all tags, whether anybody knows them or not."""
        found = {}
        for tag in self.tags():
            for name, stamp in _files(self.labels / tag):
                image, suffix = split_name(name)
                if suffix.lower() in MASK_EXTENSIONS:
                    found[Label(tag, image, suffix)] = stamp
        return found

    def tags(self) -> list[str]:
        """The tags that have a folder."""
        entries = os.scandir(self.labels) if self.labels.is_dir() else ()
        return sorted(e.name for e in entries if e.is_dir() and e.name != HISTORY and not e.name.startswith("."))

    def numbers(self, image: str) -> dict[int, set[str]]:
        """What lies in an image's history: number -> file names."""
        found: dict[int, set[str]] = {}
        folder = self.history / image
        for name in os.listdir(folder) if folder.is_dir() else ():
            number = name.split(".", 1)[0]
            if number.isdigit():
                found.setdefault(int(number), set()).add(name)
        return found


def stamp_of(path: Path) -> Stamp | None:
    """The stamp of a file, None when it is not there."""
    try:
        status = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return Stamp(status.st_size, status.st_mtime_ns)


def _files(folder: Path) -> Iterator[tuple[str, Stamp]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            # the database cannot hold a name of which a part is no character
            if not entry.name.startswith(".") and entry.name.isprintable() and entry.is_file():
                try:
                    status = entry.stat()
                except FileNotFoundError:  # removed just now
                    continue
                yield entry.name, Stamp(status.st_size, status.st_mtime_ns)


def split_name(name: str) -> tuple[str, str]:
    """The id of the image or label in a file of that name, and the file's extension."""
    # asked a hundred thousand times in a row, so the slower way is for double extensions only
    image, suffix = os.path.splitext(name)
    if suffix.lower() in (".gz", ".nrrd"):
        suffix = name[len(name) - len(suffix_of(name)) :]
        image = name[: len(name) - len(suffix)]
    return image, suffix


def is_read_back(image: str) -> bool:
    """Whether every file that is called after an id tells that id again: `a.seg` with `.nrrd` is a segmentation of `a`."""
    # nothing but what stands behind a dot can go over to the extension
    return "." not in image or all(split_name(f"{image}{suffix}") == (image, suffix) for suffix in (*EXTENSIONS, *MASK_EXTENSIONS))
