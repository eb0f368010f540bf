"""What a data set is found to hold before anything is read: images to come, and files of no use."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from fetal_head.datasets.case import Case
from fetal_head.datasets.exported import Exported
from fetal_head.datasets.names import stem_of
from fetal_head.datasets.pixel_size import PER_AXIS, PixelSize
from fetal_head.imaging import Mask, annotated_in, is_dicom, read_image
from fetal_head.imaging.dicom_patient import read_patient
from fetal_head.imaging.reader import check_upright
from fetal_head.patients import patient_of

Shape = tuple[int, int]


@dataclass(frozen=True)
class Candidate:
    """An image that was found and not yet read.

    Attributes:
        path: the image file.
        id: its name in the study.
        patient: whose image it is; None where the system could not read that.
        mask_of: reads its mask, given the image's (rows, columns); None for an image that nobody annotated.
        annotated_of: the structures that its mask speaks of; a mask that speaks of none is no label.
        plane: the standard plane.
        size_of: its published pixel size, given the image's (rows, columns).
    """

    path: Path
    id: str
    patient: str | None
    mask_of: Callable[[Shape], Mask] | None = None
    annotated_of: Callable[[Mask], tuple[str, ...]] = annotated_in
    plane: str = "unknown"
    size_of: Callable[[Shape], PixelSize] = lambda shape: PixelSize()

    def load(self, source: str) -> Case:
        """Reads image and mask. Raises ValueError where either cannot be read or they do not fit each other."""
        image, geometry = read_image(self.path)
        if self.mask_of:
            check_upright(self.path)
        mask = self._mask(geometry.shape)
        spacing, note = self.size_of(geometry.shape)
        if spacing is None:
            spacing, note = geometry.spacing, PER_AXIS
        annotated = self.annotated_of(mask) if mask is not None else ()
        label = mask if annotated else None
        if self.patient is None:
            raise ValueError(f"{self.path.name}: whose it is could not be read; import again")
        # what is exported of it later refers to the original
        dicom = self.path.read_bytes() if is_dicom(self.path) else None
        return Case(self.id, image, label, annotated, self.patient, self.plane, spacing, note, source, dicom)

    def _mask(self, shape: Shape) -> Mask | None:
        try:
            return self.mask_of(shape) if self.mask_of else None
        except ValueError as error:
            # image and mask often bear the same name
            raise ValueError(f"annotation {error}") from error


def whose(path: Path, exported: Exported | None) -> str | None:
    """The patient of an image: as an export of ours tells, else a DICOM file, by which nobody is named, else the file's name.

    None for DICOM that the system cannot read now: by its name it would be another patient's for ever.
    """
    try:
        return (exported.patient if exported else None) or read_patient(path) or patient_of(stem_of(path))
    except OSError:
        return None


@dataclass(frozen=True)
class Skipped:
    """A file that was left out, and why; `redundant` when nothing is lost by it: its picture is there already, or it has none."""

    file: str
    reason: str
    redundant: bool = False


@dataclass(frozen=True)
class Found:
    """The images of a data set, the files of no use with the reason, and those of which nobody expects an image."""

    candidates: list[Candidate]
    useless: list[tuple[Path, str]] = field(default_factory=list)
    imageless: list[Path] = field(default_factory=list)
