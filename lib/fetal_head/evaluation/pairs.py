"""Images and their true masks, found by name and read."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from fetal_head.biometry.regions import spoken_of
from fetal_head.datasets.entering import LABELS
from fetal_head.datasets.exported import INDEX, read_index, told_of
from fetal_head.datasets.names import files_in, stem_of
from fetal_head.datasets.pixel_size import NO_SIZE, PixelSize, read_circumferences, read_pixel_sizes
from fetal_head.evaluation.naming import MASK_SUFFIXES, check_one_meaning, images_in, mask_of
from fetal_head.evaluation.truth import read_truth
from fetal_head.imaging import EXTENSIONS, Mask, read_image
from fetal_head.imaging.axes import check_axes
from fetal_head.imaging.dicom_patient import read_patient
from fetal_head.imaging.mask import part_of
from fetal_head.imaging.mask_reader import MASK_EXTENSIONS
from fetal_head.imaging.reader import check_upright
from fetal_head.patients import patient_of
from fetal_head.store.said import Told


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
    """The files of one image and its mask, and what a table, its study or an export of ours says of it.

    Attributes:
        id: the image's name without extension.
        spacing: published millimetres per pixel along (rows, columns); they count more than the image file's own.
        circumference: published head circumference in mm.
        annotated: the structures that the mask speaks of, where anything tells.
        told_patient: whose image it is, where anything tells.
        is_label: the mask is a label of the image's own study, where no image is shown turned.
        told: what the image's study says, of the file that was there then.
    """

    id: str
    image: Path
    mask: Path
    spacing: tuple[float, float] | None = None
    circumference: float | None = None
    annotated: tuple[str, ...] | None = None
    told_patient: str | None = None
    is_label: bool = False
    told: Told = field(default_factory=Told)

    @cached_property
    def patient(self) -> str:
        """Whose image it is, told by the study or an export, else by a DICOM file, else by the image's name.

        Raises OSError for DICOM that the system cannot read now.
        """
        return self.told_patient or read_patient(self.image) or patient_of(self.id)

    def load(self) -> Known:
        """Reads both files. Raises ValueError, naming the file, where one cannot be read or they do not fit each other."""
        advice = f"mend it, or take {self.image.name} out of {self.image.parent}"
        try:
            image, geometry = read_image(self.image)
            if not self.is_label:
                check_upright(self.image)
        except ValueError as error:
            raise ValueError(f"image {error}; {advice}") from error
        self.told.check_file(self.image, is_labelled=self.is_label)
        try:
            truth, annotated = read_truth(self.mask, geometry.shape, by_name=stem_of(self.mask) != self.id)
            check_axes(self.image, self.mask)
        except ValueError as error:
            raise ValueError(f"mask {error}; {advice}") from error
        if self.annotated is not None:
            truth, annotated = part_of(truth, self.annotated), self.annotated
        return Known(image, truth, spoken_of(truth, annotated), self.spacing or geometry.spacing)


def find_pairs(
    images: Path, masks: Path, table: Path | None = None, told: Mapping[str, Told] = MappingProxyType({})
) -> list[Pair]:
    """The images of a folder, in the order of their names, with the masks of a folder that may be the same one.

    A mask bears its image's name, or that with `_Annotation` (as HC18 has it) or `_mask` at its end; a label of the images' own
    study, and one of an export of ours, bears just its name. `table` is a csv of pixel sizes and, if it has such a column, head
    circumferences. `told` is what their study says of the images, by file name: patients, pixel sizes of those that are not in
    the table, and of what its own final labels speak. The index.csv beside the masks of an export tells these, too.

    Raises:
        ValueError: a folder is missing or holds no image, two images bear one name, an image has no mask or two, a file could be
            an image or a mask, the table holds no pixel size or none of these images', or an export's index is damaged.
    """
    for folder in (images, masks):
        if not folder.is_dir():
            raise ValueError(f"there is no folder {folder}")
    # of a study, where each bears its image's very name; masks of another folder speak for themselves
    are_labels = masks.resolve() == (images / LABELS).resolve()
    suffixes = () if are_labels else MASK_SUFFIXES
    # `.` has no parent, and a link is where it was put
    index = read_index(Path(os.path.abspath(masks)).parent / INDEX)
    pictures = images_in(images, suffixes, index)
    taken = {path.resolve() for path in pictures.values()}
    by_stem: dict[str, list[Path]] = defaultdict(list)
    for path in files_in(masks, (*EXTENSIONS, *MASK_EXTENSIONS)):
        if path.resolve() not in taken:
            by_stem[stem_of(path)].append(path)
    check_one_meaning([path for path in files_in(images) if stem_of(path) not in pictures], by_stem, suffixes)
    sizes, circumferences = _published(table, set(pictures))
    exported = {
        stem: Told(each.size.spacing, each.patient, each.annotated)
        for stem, path in pictures.items()
        if (each := told_of(path, index)) is not None
    }
    return [
        Pair(
            stem,
            path,
            mask_of(path, by_stem, masks, () if stem in index else suffixes),
            (sizes.get(stem) or said).spacing or export.spacing,
            circumferences.get(stem),
            said.annotated if are_labels else export.annotated,
            said.patient or export.patient,
            are_labels,
            said,
        )
        for stem, path in pictures.items()
        for said, export in [(told.get(path.name, Told()), exported.get(stem, Told()))]
    ]


def _published(table: Path | None, stems: set[str]) -> tuple[dict[str, PixelSize], dict[str, float]]:
    if table is None:
        return {}, {}
    if not table.is_file():
        raise ValueError(f"there is no table of pixel sizes {table}")
    sizes = read_pixel_sizes(table)
    if not stems & set(sizes):
        raise ValueError(f"{table.name} {NO_SIZE}, such as {min(stems)}")
    return sizes, read_circumferences(table)
