"""Images and their true masks, found by name and read."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from fetal_head.datasets.exported import read_index
from fetal_head.datasets.hc18 import ANNOTATION, read_annotation
from fetal_head.datasets.names import files_in, stem_of
from fetal_head.datasets.pairs import INDEX
from fetal_head.datasets.pixel_size import PixelSize, read_circumferences, read_pixel_sizes
from fetal_head.files import suffix_of
from fetal_head.imaging import EXTENSIONS, Mask, annotated_in, read_image, read_mask
from fetal_head.imaging.dicom_patient import read_patient
from fetal_head.imaging.mask import part_of
from fetal_head.imaging.mask_reader import MASK_EXTENSIONS
from fetal_head.labels import BRAIN
from fetal_head.patients import patient_of
from fetal_head.store.said import Told

MASK_SUFFIXES = (ANNOTATION, "_mask")
PICTURES = (".png", ".bmp", ".tif", ".tiff")


@dataclass(frozen=True, eq=False)
class Known:
    """An image whose true mask is known.

    Attributes:
        image: (rows, columns) in the file's own range.
        truth: (rows, columns) uint8.
        annotated: the structures that the mask speaks of; another one is unknown, not absent.
        spacing: millimetres per pixel along (rows, columns), or None where unknown.
    """

    image: NDArray[np.float32]
    truth: Mask
    annotated: tuple[str, ...]
    spacing: tuple[float, float] | None


@dataclass(frozen=True)
class Pair:
    """The files of one image and its mask, and what a table says of it.

    Attributes:
        id: the image's name without extension.
        spacing: published millimetres per pixel along (rows, columns); they count more than the image file's own.
        circumference: published head circumference in mm.
        annotated: the structures that the mask speaks of, where an export of ours tells.
    """

    id: str
    image: Path
    mask: Path
    spacing: tuple[float, float] | None = None
    circumference: float | None = None
    annotated: tuple[str, ...] | None = None

    @cached_property
    def patient(self) -> str:
        """Whose image it is, told by a DICOM file, else by the image's name."""
        return read_patient(self.image) or patient_of(self.id)

    def load(self) -> Known:
        """Reads both files. Raises ValueError, naming the file, where one cannot be read or they do not fit each other."""
        advice = f"mend it, or take {self.image.name} out of {self.image.parent}"
        try:
            image, geometry = read_image(self.image)
        except ValueError as error:
            raise ValueError(f"image {error}; {advice}") from error
        try:
            truth, annotated = read_truth(self.mask, geometry.shape)
        except ValueError as error:
            raise ValueError(f"mask {error}; {advice}") from error
        if self.annotated is not None:
            truth, annotated = part_of(truth, self.annotated), self.annotated
        return Known(image, truth, annotated, self.spacing or geometry.spacing)


def find_pairs(
    images: Path, masks: Path, table: Path | None = None, told: Mapping[str, Told] = MappingProxyType({})
) -> list[Pair]:
    """The images of a folder, in the order of their names, with the masks of a folder that may be the same one.

    A mask bears its image's name, or that with `_Annotation` (as HC18 has it) or `_mask` at its end. `table` is a csv of pixel
    sizes and, if it has such a column, head circumferences. `told` is what their study says of the images, by file name: pixel
    sizes of those that are not in the table. The index.csv beside the masks of an export of ours tells those too, and what
    each mask speaks of.

    Raises:
        ValueError: a folder is missing or holds no image, two images bear one name, an image has no mask or two, the table
            holds no pixel size or none of these images', or an export's index is damaged.
    """
    for folder in (images, masks):
        if not folder.is_dir():
            raise ValueError(f"there is no folder {folder}")
    pictures = _images_in(images)
    taken = {path.resolve() for path in pictures.values()}
    by_stem: dict[str, list[Path]] = defaultdict(list)
    for path in files_in(masks, (*EXTENSIONS, *MASK_EXTENSIONS)):
        if path.resolve() not in taken:
            by_stem[stem_of(path)].append(path)
    sizes, circumferences = _published(table, set(pictures))
    # `.` has no parent, and a link is where it was put
    exported = read_index(Path(os.path.abspath(masks)).parent / INDEX)
    of_export = {stem: each.size.spacing for stem, each in exported.items()}
    of_study = {stem: said.spacing for stem, path in pictures.items() if (said := told.get(path.name)) and said.spacing}
    spacings = {**of_export, **of_study, **{stem: size.spacing for stem, size in sizes.items()}}
    spoken_of = {stem: each.annotated for stem, each in exported.items()}
    return [
        Pair(stem, path, _mask_of(path, by_stem, masks), spacings.get(stem), circumferences.get(stem), spoken_of.get(stem))
        for stem, path in pictures.items()
    ]


def read_truth(path: Path, shape: tuple[int, int]) -> tuple[Mask, tuple[str, ...]]:
    """A mask and the structures that it speaks of.

    A black and white drawing of a head, outline or filled, speaks of BRAIN alone. So does any file of HC18's naming. What looks
    like one, but is a CSP or LV by the numbers of its palette, is a mask.

    Raises:
        ValueError: unreadable, not of the image's (rows, columns) `shape`, or values that are no structure.
    """
    if stem_of(path).endswith(ANNOTATION) or _is_drawing(path):
        return read_annotation(path, shape), (BRAIN.name,)
    mask = read_mask(path, shape)
    return mask, annotated_in(mask)


def _images_in(folder: Path) -> dict[str, Path]:
    files = files_in(folder)
    stems = {stem_of(path) for path in files}
    pictures: dict[str, Path] = {}
    for path in files:
        stem = stem_of(path)
        if any(stem.endswith(suffix) and stem.removesuffix(suffix) in stems for suffix in MASK_SUFFIXES):
            continue
        if stem in pictures:
            names = f"{pictures[stem].name} and {path.name}"
            raise ValueError(f"{folder} holds two images called {stem}, {names}; keep one, or call a mask {stem}_mask")
        pictures[stem] = path
    if not pictures:
        raise ValueError(f"{folder} holds no image; an image is one of {', '.join(EXTENSIONS)}")
    return pictures


def _published(table: Path | None, stems: set[str]) -> tuple[dict[str, PixelSize], dict[str, float]]:
    if table is None:
        return {}, {}
    if not table.is_file():
        raise ValueError(f"there is no table of pixel sizes {table}")
    sizes = read_pixel_sizes(table)
    if not stems & set(sizes):
        raise ValueError(
            f"{table.name} holds no pixel size of any image; its file names must be the images', such as {min(stems)}"
        )
    return sizes, read_circumferences(table)


def _mask_of(image: Path, by_stem: dict[str, list[Path]], folder: Path) -> Path:
    stem = stem_of(image)
    # a name that says that it is a mask counts more: beside HC18's annotations lie the images themselves
    found = [path for suffix in MASK_SUFFIXES for path in by_stem.get(stem + suffix, [])] or by_stem.get(stem, [])
    if not found:
        names = ", ".join(f"{stem}{suffix}" for suffix in ("", *MASK_SUFFIXES))
        raise ValueError(f"{image.name} has no mask: none in {folder} is called {names}; add it or take the image out")
    if len(found) > 1:
        raise ValueError(f"{image.name} has two masks, {found[0].name} and {found[1].name}, in {folder}; keep one of them")
    return found[0]


def _is_drawing(path: Path) -> bool:
    if suffix_of(path) not in PICTURES:
        return False
    picture, _ = read_image(path)
    if picture.max() != 255 or not np.isin(picture, (0, 255)).all():
        return False
    try:
        return bool((read_mask(path) <= BRAIN.value).all())
    except ValueError:  # 255 is no structure
        return True
