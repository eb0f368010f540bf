"""A folder of images with annotations of an annotation tool: Pascal VOC, CVAT or COCO."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from fetal_head.datasets.annotations import Annotations
from fetal_head.datasets.candidate import Candidate, Found, whose
from fetal_head.datasets.coco import read_coco
from fetal_head.datasets.cvat import read_cvat
from fetal_head.datasets.drawings import Drawings, by_image
from fetal_head.datasets.exported import INDEX, Exported, read_index, told_nothing, told_of
from fetal_head.datasets.names import files_in, of_one_name, stem_of
from fetal_head.datasets.pixel_size import PixelSize, sizes_beside
from fetal_head.datasets.voc import LABELMAP, voc_folders
from fetal_head.labels import NAMES

IMAGE_FOLDERS = ("images", "images/default", "JPEGImages", ".")
# CVAT's exports lie this deep at most: export/annotations/instances_default.json, once more in a folder of the archive's name
DEPTH = 3


def find(source: Path) -> Found | None:
    """The images of `source` or of its image folder with what is annotated in or below it; None without images or annotations.

    pixel_size.csv tells sizes, and index.csv of an export of ours those and patients. Of an image that files of several kinds
    name, the first kind counts, as in `find_annotations`.

    Raises:
        ValueError: annotations, pixel_size.csv or index.csv are damaged or must not be used.
    """
    pictures = next((pictures for name in IMAGE_FOLDERS if (pictures := files_in(source / name))), [])
    annotations: list[Annotations] = []
    drawings: dict[str, Drawings] = {}
    for kind in _kinds(source) if pictures else ():
        annotations += kind
        drawings = by_image(kind) | drawings
        if all(stem_of(path) in drawings for path in pictures):
            break
    if not annotations:
        return None
    images, ambiguous = of_one_name(pictures)
    exported = read_index(source / INDEX)
    sizes, table = sizes_beside(source, {stem_of(path) for path in pictures})
    candidates = [_candidate(path, drawings, sizes.get(stem_of(path)), told_of(path, exported)) for path in images]
    unread = told_nothing(source / INDEX, exported, pictures)
    return Found(candidates, [*table, *unread, *ambiguous, *of_no_use(annotations, pictures)])


def _candidate(path: Path, drawings: Mapping[str, Drawings], published: PixelSize | None, exported: Exported | None) -> Candidate:
    told = exported.size if exported else PixelSize()
    found = Candidate(path, id=stem_of(path), patient=whose(path, exported), size_of=lambda shape: told)
    drawn = with_drawings(found, drawings)
    return replace(drawn, size_of=lambda shape: published) if published else drawn


def find_annotations(folder: Path) -> Sequence[Annotations]:
    """The annotations in or below a folder, of the first kind that is there: VOC, CVAT, COCO. They say the same thing thrice.

    Raises:
        ValueError: a file that is damaged or must not be used, with its name.
    """
    return next(filter(None, _kinds(folder)), [])


def _kinds(folder: Path) -> Iterator[Sequence[Annotations]]:
    yield voc_folders(_below(folder, LABELMAP))
    yield [file for path in _below(folder, "*.xml") if (file := read_cvat(path))]
    yield [coco for path in _below(folder, "*.json") if (coco := read_coco(path))]


def with_drawings(candidate: Candidate, drawings: Mapping[str, Drawings]) -> Candidate:
    """The candidate with what is drawn of it, if anything is."""
    drawn = drawings.get(stem_of(candidate.path))
    if drawn is None:
        return candidate
    return replace(
        candidate,
        mask_of=drawn.mask,
        annotated_of=drawn.annotated,
        # looked for as late as the mask: what cannot be told of one image keeps no other out
        size_of=lambda shape: drawn.size() or candidate.size_of(shape),
    )


def of_no_use(annotations: Sequence[Annotations], images: Iterable[Path]) -> list[tuple[Path, str]]:
    """The annotations of images that are not there, and the classes of which nothing is known, each once."""
    there = {stem_of(path) for path in images}
    orphans = [(source.path, f"{stem} has no image") for source in annotations for stem in source.stems if stem not in there]
    strangers = [
        (
            source.path,
            f"the class '{name}' is none of {', '.join(NAMES)}: not understood and left out, {count} in all",
        )
        for source in annotations
        for name, count in source.strangers.items()
    ]
    return [*orphans, *strangers]


def _below(folder: Path, pattern: str) -> list[Path]:
    """The files of a name, but for hidden ones and those in hidden folders; no pipes, which nobody may ever write into."""
    found = sorted(path for depth in range(DEPTH + 1) for path in folder.glob("*/" * depth + pattern) if path.is_file())
    return [path for path in found if not any(part.startswith(".") for part in path.relative_to(folder).parts)]
