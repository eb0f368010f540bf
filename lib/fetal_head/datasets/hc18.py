"""HC18 (van den Heuvel et al. 2018, doi 10.5281/zenodo.1327317) as it is published."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path

import numpy as np

from fetal_head.datasets.candidate import Candidate, Found, Shape
from fetal_head.datasets.names import files_in, of_one_name, stem_of
from fetal_head.datasets.outline import filled
from fetal_head.datasets.pixel_size import PER_AXIS, PixelSize, read_pixel_sizes
from fetal_head.imaging import Mask, check_mask, read_image
from fetal_head.labels import BACKGROUND, BRAIN
from fetal_head.patients import HC18_NAME, patient_of

TRAINING, TEST = "training_set", "test_set"
TABLES = {TRAINING: "training_set_pixel_size_and_HC.csv", TEST: "test_set_pixel_size.csv"}
# as it is published, and as copies are that lost their capitals
ANNOTATIONS = ("_Annotation", "_annotation")
# the challenge calls it the standard plane of the head circumference: trans-thalamic or trans-ventricular, it does not say which
PLANE = "hc"


def find(source: Path) -> Found | None:
    """The images of HC18's root, training set or test set; None for any other folder.

    Raises:
        ValueError: the pictures could be of either set, in which the same names and numbers stand for other people.
    """
    parts = [part for folder in (source, source / TRAINING, source / TEST) if (part := _find_in(folder))]
    if not parts:
        return None
    return Found([c for part in parts for c in part.candidates], [u for part in parts for u in part.useless])


def read_annotation(path: Path, shape: Shape) -> Mask:
    """HC18's drawing of the head, outline or filled, as a mask of BRAIN: the line belongs to the head.

    The published circumference is that of the line's middle. The line is 3 pixels wide, so a mask's edge runs 1.4 pixels
    outside of it: over 692 images its ellipse measures 1.2 mm (sd 0.5) more than the published circumference.

    Raises:
        ValueError: unreadable, not of the image's (rows, columns) `shape`, or no head can be made of it.
    """
    drawing, _ = read_image(path)
    try:
        check_mask(drawing > 127, shape)
        return np.where(filled(drawing > 127), BRAIN.value, BACKGROUND).astype(np.uint8)
    except ValueError as error:
        raise ValueError(f"{path.name}: {error}") from error


def _find_in(folder: Path) -> Found | None:
    files = files_in(folder, (".png",))
    drawings = [(stem_of(path).rpartition("_")[0], path) for path in files if stem_of(path).endswith(ANNOTATIONS)]
    annotations = dict(reversed(drawings))
    pictures = [path for path in files if not stem_of(path).endswith(ANNOTATIONS)]
    stems = {stem_of(path) for path in pictures}
    # an examination's first image before its second, 010_HC before 010_2HC
    images, ambiguous = of_one_name(sorted(pictures, key=lambda path: stem_of(path).replace("_HC", "_1HC")))
    # `.` has neither a name nor a parent, and a link is where it was put
    place = Path(os.path.abspath(folder))
    tables = {name: path for name in TABLES if (path := _table(place, TABLES[name]))}
    if not any(HC18_NAME.fullmatch(stem) for stem in stems) or not (annotations or tables):
        return None

    if not annotations and len(tables) > 1 and place.name not in TABLES:
        which = f"call the folder {TRAINING} or {TEST}, or take the table of the other set away"
        raise ValueError(f"{place.name}: its pictures have the names of two in HC18, and nothing tells which are meant: {which}")
    is_test = not annotations and TEST in tables and place.name != TRAINING
    table = tables.get(TEST if is_test else TRAINING)
    sizes = read_pixel_sizes(table) if table else {}
    named = [(stem_of(path), path) for path in images]
    candidates = [_candidate(path, annotations.get(stem), sizes.get(stem), is_test) for stem, path in named]
    orphans = [(path, "has no image") for stem, path in drawings if stem not in stems]
    firsts = [(path, annotations[stem]) for stem, path in drawings if stem in stems]
    seconds = [(path, f"its image has another drawing, {first.name}") for path, first in firsts if path != first]
    return Found(candidates, [*ambiguous, *orphans, *seconds])


def _table(folder: Path, name: str) -> Path | None:
    return next((path for path in (folder / name, folder.parent / name) if path.is_file()), None)


def _candidate(path: Path, annotation: Path | None, size: PixelSize | None, is_test: bool) -> Candidate:
    """The test set counts its patients from 0 again, so its names and numbers stand for other people than the training set's."""
    stem = stem_of(path)
    patient = patient_of(stem)
    # the images are not resampled, so that the one value holds along either axis
    native = PixelSize(size.spacing, PER_AXIS) if size else PixelSize()
    return Candidate(
        path,
        id=f"test_{stem}" if is_test else stem,
        patient=patient.replace("HC18-", "HC18-test-") if is_test else patient,
        mask_of=partial(read_annotation, annotation) if annotation else None,
        annotated_of=lambda mask: (BRAIN.name,),
        plane=PLANE,
        size_of=lambda shape: native,
    )
