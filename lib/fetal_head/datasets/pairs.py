"""A folder with images/ and masks/ of the same names."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from fetal_head.datasets.candidate import Candidate, Found, Shape, whose
from fetal_head.datasets.names import files_in, of_one_name, stem_of
from fetal_head.datasets.pixel_size import PixelSize, read_pixel_sizes
from fetal_head.datasets.voc import refuse_instances
from fetal_head.imaging import Mask, read_mask
from fetal_head.imaging.mask_reader import MASK_EXTENSIONS

IMAGES, MASKS, TABLE = "images", "masks", "pixel_size.csv"


def find(source: Path) -> Found | None:
    """The images of images/ with the masks of masks/; None without images or without masks.

    Raises:
        ValueError: the masks are SegmentationObject, or pixel_size.csv is no table of pixel sizes.
    """
    pictures, masks = files_in(source / IMAGES), files_in(source / MASKS, MASK_EXTENSIONS)
    if not pictures or not masks:
        return None
    refuse_instances(source / MASKS)
    sizes = read_pixel_sizes(source / TABLE) if (source / TABLE).exists() else {}
    images, ambiguous = of_one_name(pictures)
    by_stem = {stem_of(path): path for path in reversed(masks)}
    candidates = [_candidate(path, by_stem.get(stem_of(path)), sizes.get(stem_of(path), PixelSize())) for path in images]
    return Found(candidates, [*ambiguous, *_useless(masks, by_stem, {stem_of(path) for path in pictures})])


def _useless(masks: list[Path], used: dict[str, Path], stems: set[str]) -> list[tuple[Path, str]]:
    orphans = [(path, "has no image") for path in masks if stem_of(path) not in stems]
    seconds = [(path, used[stem_of(path)]) for path in masks if stem_of(path) in stems and used[stem_of(path)] != path]
    return [*orphans, *((path, f"its image has another mask, {first.name}") for path, first in seconds)]


def _candidate(path: Path, mask: Path | None, size: PixelSize) -> Candidate:
    stem = stem_of(path)
    mask_of = partial(_read, mask) if mask else None
    return Candidate(path, id=stem, patient=whose(path), mask_of=mask_of, size_of=lambda shape: size)


def _read(path: Path, shape: Shape) -> Mask:
    return read_mask(path, shape)
