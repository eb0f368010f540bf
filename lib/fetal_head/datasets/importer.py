"""Public data sets and folders of annotated images -> a study folder."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import gettempdir
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fetal_head.datasets import alzubaidi, annotated, dicom_files, hc18, pairs
from fetal_head.datasets.already import holds_size
from fetal_head.datasets.candidate import Candidate, Found, Skipped
from fetal_head.datasets.case import Case
from fetal_head.datasets.names import readable
from fetal_head.datasets.study import DifferentError, RedundantError, StudyWriter
from fetal_head.datasets.summary import Row
from fetal_head.datasets.voc import refuse_instances
from fetal_head.files import clear_strays

RECOGNISED = (
    "HC18 (its root, training_set or test_set, with the csv), Alzubaidi 2023 (its root or a plane folder), "
    "a folder with images/ and masks/, a folder of images with a COCO json, a CVAT xml or a Pascal VOC export, "
    "DICOM files in folders however deep"
)


class Seen(NamedTuple):
    """What an import keeps of a picture that came before: its id, the fingerprint of its label, and its pixel size."""

    id: str
    label: str
    spacing: tuple[float, float] | None


@dataclass(frozen=True)
class ImportReport:
    """What an import did: images written, files left out, the summary row of each image written.

    `completed` tells how many images it let in first, of an import that was killed.
    """

    images: int
    skipped: tuple[Skipped, ...]
    rows: tuple[Row, ...]
    completed: int


def import_dataset(
    source: Path, to: Path, *, all_frames: bool = False, progress: Callable[[Sequence[Candidate]], Iterable[Candidate]] = iter
) -> ImportReport:
    """Imports a data set into the study folder `to`, which is made, or to which is added. Nothing that is there is touched.

    Args:
        source: HC18, Alzubaidi 2023, a folder of images with masks or annotations, or DICOM files in folders however deep.
        to: a folder that does not exist, is empty, or was written by an earlier import.
        all_frames: whether all frames of a DICOM loop are images, not only its key frame.
        progress: wraps the images to be read, as `rich.progress.track` does.

    Returns:
        A report. A file that cannot be used is skipped with a reason, and the others are imported.

    Raises:
        ValueError: `source` is none of what is recognised, or `to` holds something else. Nothing is written then.
    """
    # the frame of a loop that a killed import was reading names the patient
    clear_strays(Path(gettempdir()))
    found = recognise(source, all_frames=all_frames)
    skipped = [Skipped(_within(source, path), reason) for path, reason in found.useless]
    skipped += [Skipped(_within(source, path), "holds no image", redundant=True) for path in found.imageless]
    pictures: dict[str, Seen] = {}
    # of two equal pictures the first is kept, which must not be the one without a label
    candidates = sorted(found.candidates, key=lambda candidate: candidate.mask_of is None)
    with StudyWriter(to) as study:
        for candidate in progress(candidates):
            file = _within(source, candidate.path)
            try:
                _add(study, candidate.load(file), pictures)
            except ValueError as error:
                reason = str(error).removeprefix(f"{candidate.path.name}: ")
                skipped.append(Skipped(file, reason, redundant=isinstance(error, RedundantError)))
    faster = "was put into the study meanwhile, and stays; import again to learn whether this is the same"
    skipped += [Skipped(str(row["source"]), f"a file called {row['image']} {faster}") for row in study.taken]
    return ImportReport(len(study.rows), tuple(skipped), tuple(study.rows), study.completed)


def recognise(source: Path, *, all_frames: bool = False) -> Found:
    """The images of a data set of any kind that is recognised. Raises ValueError for any other folder."""
    if not source.is_dir():
        raise ValueError(f"{source} is no folder; unpack an archive first")
    refuse_instances(source)
    for find in (hc18.find, alzubaidi.find, pairs.find, annotated.find, partial(dicom_files.find, all_frames=all_frames)):
        try:
            if found := find(source):
                return found
        except ValueError:
            if find is not annotated.find or not dicom_files.is_export(source):
                raise
    raise ValueError(
        f"{source} holds no data set that is recognised: {RECOGNISED}; images alone need no import, serve their folder"
    )


def _add(study: StudyWriter, case: Case, pictures: dict[str, Seen]) -> None:
    """Adds a case unless its picture came before under another name; `pictures` has those that did, by fingerprint.

    Raises:
        RedundantError: picture, label and pixel size are there already.
        ValueError: the picture is there with another label or pixel size, or the study refuses the case.
    """
    picture, label = _fingerprint(case.image), _fingerprint(case.mask, *case.annotated)
    if picture in pictures:
        raise _twin(pictures[picture], case, label)
    seen = Seen(case.id, label, case.spacing)
    try:
        study.add(case)
    except (RedundantError, DifferentError):
        pictures[picture] = seen
        raise
    pictures[picture] = seen


def _twin(first: Seen, case: Case, label: str) -> ValueError:
    """Why a case whose picture came before is left out."""
    if case.mask is not None and label != first.label:
        differs = "label"
    elif not holds_size(first.spacing, case):
        differs = "pixel size"
    else:
        return RedundantError(f"the same picture as {first.id}")
    return ValueError(
        f"the same picture as {first.id}, with another {differs}; keep the {differs} that is right, and take this picture out"
    )


def _fingerprint(pixels: NDArray[np.generic] | None, *told: str) -> str:
    if pixels is None:
        return ""
    return hashlib.blake2b(pixels.tobytes(), key=repr((pixels.shape, told)).encode()).hexdigest()


def _within(source: Path, path: Path) -> str:
    return readable(path.relative_to(source).as_posix())
