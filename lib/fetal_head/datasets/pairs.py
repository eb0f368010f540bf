"""A folder with images/ and masks/ of the same names."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from fetal_head.datasets.candidate import Candidate, Found, Shape, whose
from fetal_head.datasets.exported import INDEX, Exported, read_index, told_nothing, told_of
from fetal_head.datasets.names import files_in, of_one_name, stem_of
from fetal_head.datasets.pixel_size import PixelSize, sizes_beside
from fetal_head.datasets.voc import refuse_instances
from fetal_head.imaging import Mask, read_mask
from fetal_head.imaging.axes import check_axes
from fetal_head.imaging.mask import part_of
from fetal_head.imaging.mask_reader import MASK_EXTENSIONS

IMAGES, MASKS = "images", "masks"


def find(source: Path) -> Found | None:
    """The images of images/ with the masks of masks/; None without images or without masks.

    pixel_size.csv tells sizes, and index.csv of an export of ours those, patients, and the structures that each mask speaks of.

    Raises:
        ValueError: the masks are SegmentationObject, pixel_size.csv is no table of pixel sizes, or index.csv is damaged.
    """
    pictures, masks = files_in(source / IMAGES), files_in(source / MASKS, MASK_EXTENSIONS)
    if not pictures or not masks:
        return None
    refuse_instances(source / MASKS)
    stems = {stem_of(path) for path in pictures}
    sizes, table = sizes_beside(source, stems)
    exported = read_index(source / INDEX)
    images, ambiguous = of_one_name(pictures)
    by_stem = {stem_of(path): path for path in reversed(masks)}
    candidates = [
        _candidate(path, by_stem.get(stem), sizes.get(stem), told_of(path, exported))
        for path in images
        for stem in [stem_of(path)]
    ]
    unread = told_nothing(source / INDEX, exported, pictures)
    return Found(candidates, [*table, *unread, *ambiguous, *_useless(masks, by_stem, stems)])


def _useless(masks: list[Path], used: dict[str, Path], stems: set[str]) -> list[tuple[Path, str]]:
    orphans = [(path, "has no image") for path in masks if stem_of(path) not in stems]
    seconds = [(path, used[stem_of(path)]) for path in masks if stem_of(path) in stems and used[stem_of(path)] != path]
    return [*orphans, *((path, f"its image has another mask, {first.name}") for path, first in seconds)]


def _candidate(path: Path, mask: Path | None, published: PixelSize | None, exported: Exported | None) -> Candidate:
    size = published or (exported.size if exported else PixelSize())
    found = Candidate(path, id=stem_of(path), patient=whose(path, exported), size_of=lambda shape: size)
    if mask is None:
        return found
    if exported is None:
        return replace(found, mask_of=lambda shape: _read(path, mask, shape))
    return replace(
        found,
        mask_of=lambda shape: part_of(_read(path, mask, shape), exported.annotated),
        annotated_of=lambda _: exported.annotated,
    )


def _read(image: Path, path: Path, shape: Shape) -> Mask:
    mask = read_mask(path, shape)
    check_axes(image, path)
    return mask
