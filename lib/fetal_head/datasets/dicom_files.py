"""DICOM as ultrasound machines and archives export it: folders within folders, names that say nothing, without endings."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from pydicom.dataset import FileDataset
from pydicom.uid import UID

from fetal_head.datasets.annotated import find_annotations
from fetal_head.datasets.candidate import Candidate, Found
from fetal_head.datasets.case import Case
from fetal_head.files import suffix_of, temporary_folder
from fetal_head.imaging import EXTENSIONS, is_dicom
from fetal_head.imaging.dicom import read_dataset
from fetal_head.imaging.dicom_patient import patient_or_own
from fetal_head.imaging.limits import refusing
from fetal_head.imaging.multiframe import chosen_frames, frame_count, frame_files, frame_id, original_of

# a loop is read as a whole: bytes, and more frames than any machine records at once
LARGEST_LOOP, MOST_FRAMES = 2**30, 10_000
# some machines put zeros where the standard has none
INSTANCE = re.compile(r"[0-9][0-9.]{0,63}")
# what machines call ultrasound, and pictures of it that went another way
ULTRASOUND, OTHER = "US", "OT"
OTHER_KIND = "is not DICOM as the others are: import it by itself, or put it into the study folder"


@dataclass(frozen=True)
class DicomCandidate(Candidate):
    """An image that is kept as DICOM, so that what is exported of it refers to the original.

    Attributes:
        frame: which one it is of a loop; None for an image of its own.
        chosen: the frames of that loop that are wanted.
    """

    frame: int | None = None
    chosen: tuple[int, ...] = ()

    def load(self, source: str) -> Case:
        """Reads it. Raises ValueError where that cannot be done."""
        # not where it lay: folders of an export bear the names of patients, and its id tells which it is
        nowhere = ""
        if self.frame is None:
            return super().load(nowhere)
        with refusing(self.path):
            content = _frames(self.path, self.chosen)[self.frame]
        with temporary_folder() as folder:
            file = folder / self.path.name
            file.write_bytes(content)
            return Candidate(file, self.id, self.patient).load(nowhere)


def find(source: Path, *, all_frames: bool = False) -> Found | None:
    """The images in and below a folder, of loops the key frame or all of them; None where no file is DICOM.

    Hidden files and folders do not count.

    Raises:
        ValueError: there are annotations, whose images nobody has found.
    """
    unread: list[tuple[Path, str]] = []
    files = list(_below(source, lambda error: unread.append((Path(error.filename), f"cannot be looked into: {error.strerror}"))))
    dicom = [path for path in files if is_dicom(path)]
    if not dicom:
        return None
    _refuse_annotations(source)
    found = Found([], unread)
    if not is_export(source):
        others = {path for path in files if suffix_of(path) in EXTENSIONS}.difference(dicom)
        found.useless.extend((path, OTHER_KIND) for path in sorted(others))
    for path in dicom:
        try:
            _add(found, path, all_frames)
        except ValueError as error:
            found.useless.append((path, str(error).removeprefix(f"{path.name}: ")))
    return found


def is_export(source: Path) -> bool:
    """Whether a folder has the index that machines and archives write on a disk: pictures, XML and JSON there are a viewer's."""
    return any(path.name.upper() == "DICOMDIR" for path in source.iterdir())


def _refuse_annotations(source: Path) -> None:
    try:
        annotations = find_annotations(source)
    except ValueError:
        # a viewer's own, of a kind that no annotation tool writes
        return
    if annotations:
        where = f"{annotations[0].path} holds annotations, and their images are not beside it, in images/ or in JPEGImages/"
        raise ValueError(f"{where}, with an ending such as .dcm: put them there, or take the annotations out")


def _below(source: Path, note: Callable[[OSError], None]) -> Iterator[Path]:
    """The files, in the order of their names; `note` is told of a folder that cannot be looked into."""
    for folder, inner, names in os.walk(source, onerror=note):
        inner[:] = sorted(name for name in inner if not name.startswith("."))
        yield from (Path(folder, name) for name in sorted(names) if not name.startswith("."))


def _add(found: Found, path: Path, all_frames: bool) -> None:
    """Raises ValueError for a file that cannot be read, or does not say which image it is."""
    with refusing(path):
        header = read_dataset(path, with_pixels=False)
        if "Rows" not in header:
            # a file that is cut off says what it was to be
            kind = UID(header.file_meta.get("MediaStorageSOPClassUID") or "").name
            if kind.endswith("Image Storage"):
                raise ValueError(f"is cut off: it has no picture, and calls itself {kind}")
            found.imageless.append(path)
            return
        if (modality := str(header.get("Modality") or OTHER)) not in (ULTRASOUND, OTHER):
            raise ValueError(f"is {modality}, not ultrasound: if it is to be labelled, put it into the study folder yourself")
        uid = str(header.get("SOPInstanceUID") or "")
        if not INSTANCE.fullmatch(uid):
            raise ValueError("has no SOPInstanceUID, by which what is made of it could refer to it")
        patient, count = patient_or_own(header), frame_count(header)
        if count == 1:
            found.candidates.append(DicomCandidate(path, _known_as(header, uid), patient))
            return
        if count > MOST_FRAMES or path.stat().st_size > LARGEST_LOOP:
            raise ValueError(f"is too long: at most {MOST_FRAMES} frames and {LARGEST_LOOP} bytes are read of a loop")
        chosen = tuple(chosen_frames(header, "all" if all_frames else "key"))
        found.candidates.extend(DicomCandidate(path, frame_id(uid, n), patient, frame=n, chosen=chosen) for n in chosen)


def _known_as(header: FileDataset, uid: str) -> str:
    """The image's id: of a frame that an import took out of a loop the one that it had there, where the study itself is read."""
    # an image that refers to none needs not say of which class it is
    original = original_of(header) if "SourceImageSequence" in header else None
    return original.image_id if original and INSTANCE.fullmatch(original.instance) else uid


# frames of one loop follow one another
@lru_cache(maxsize=1)
def _frames(path: Path, chosen: tuple[int, ...]) -> dict[int, bytes]:
    return dict(frame_files(read_dataset(path), chosen))
