"""A folder of images with annotations of an annotation tool: Pascal VOC, CVAT or COCO."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from fetal_head.datasets.annotations import Annotations
from fetal_head.datasets.candidate import Candidate, Found, Shape, whose
from fetal_head.datasets.coco import read_coco
from fetal_head.datasets.cvat import read_cvat
from fetal_head.datasets.names import files_in, of_one_name, stem_of
from fetal_head.datasets.voc import LABELMAP, voc_folders
from fetal_head.imaging import Mask

IMAGE_FOLDERS = ("images", "images/default", "JPEGImages", ".")
# CVAT's exports lie this deep at most: export/annotations/instances_default.json, once more in a folder of the archive's name
DEPTH = 3


def find(source: Path) -> Found | None:
    """The images of `source` or of its image folder with what is annotated in or below it; None without images or annotations."""
    pictures = next((pictures for name in IMAGE_FOLDERS if (pictures := files_in(source / name))), [])
    annotations = find_annotations(source) if pictures else []
    if not annotations:
        return None
    images, ambiguous = of_one_name(pictures)
    masks = masks_of(annotations)
    candidates = [Candidate(path, id=stem_of(path), patient=whose(path), mask_of=masks.get(stem_of(path))) for path in images]
    return Found(candidates, [*ambiguous, *without_image(annotations, pictures)])


def find_annotations(folder: Path) -> Sequence[Annotations]:
    """The annotations in or below a folder, of the first kind that is there: VOC, CVAT, COCO. They say the same thing thrice.

    Raises:
        ValueError: a file that is damaged or must not be used, with its name.
    """
    if voc := voc_folders(_below(folder, LABELMAP)):
        return voc
    if cvat := [file for path in _below(folder, "*.xml") if (file := read_cvat(path))]:
        return cvat
    return [coco for path in _below(folder, "*.json") if (coco := read_coco(path))]


def masks_of(annotations: Sequence[Annotations]) -> dict[str, Callable[[Shape], Mask]]:
    """For each annotated image, by name without extension, what reads its mask: the first annotation that has it."""
    return {stem: partial(source.mask, stem) for source in reversed(annotations) for stem in source.stems}


def without_image(annotations: Sequence[Annotations], images: Sequence[Path]) -> list[tuple[Path, str]]:
    """The annotations of images that are not there."""
    there = {stem_of(path) for path in images}
    return [(source.path, f"{stem} has no image") for source in annotations for stem in source.stems if stem not in there]


def _below(folder: Path, pattern: str) -> list[Path]:
    return sorted(path for depth in range(DEPTH + 1) for path in folder.glob("*/" * depth + pattern))
