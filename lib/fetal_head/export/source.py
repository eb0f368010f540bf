"""The DICOM image that a label is of, as the objects made of the label refer to it."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass

import numpy as np
from pydicom.config import RAISE
from pydicom.dataset import Dataset
from pydicom.valuerep import DA, TM, validate_value

from fetal_head.imaging.dicom_spacing import SAME_SCALE
from fetal_head.imaging.multiframe import original_of

# highdicom reads them without asking whether they are there; DICOM lets them be empty
NEEDED = (
    "PatientID",
    "PatientName",
    "PatientBirthDate",
    "PatientSex",
    "AccessionNumber",
    "StudyID",
    "StudyDate",
    "StudyTime",
)
# a plane in a Segmentation takes all of them, each of so many values
PLACE = {"FrameOfReferenceUID": 1, "ImageOrientationPatient": 6, "ImagePositionPatient": 3, "SliceThickness": 1}
PLACE_IN_STUDY = ("StudyInstanceUID", "SeriesInstanceUID", "SOPClassUID", "SOPInstanceUID")
OVERLAYS = 0x5000
# pydicom leaves it in texts that are written in ISO 2022 IR 58, and in any other character set it would be part of them
TEXTS, ESCAPE = ("LO", "LT", "PN", "SH", "ST", "UC", "UT"), "\x1b$)A"
SEXES = ("M", "F", "O")
MOMENTS = {"PatientBirthDate": DA, "StudyDate": DA, "StudyTime": TM}


@dataclass(frozen=True)
class Source:
    """An image in a DICOM study.

    Attributes:
        header: what is known of it, without pixels; its UIDs are those of the original instance.
        frame: which frame of that, from 1; None where it has a single one.
    """

    header: Dataset
    frame: int | None


def source_of(dataset: Dataset, spacing: tuple[float, float] | None) -> Source:
    """The source that a DICOM image is, or that the frame that it is was taken from.

    Args:
        dataset: an image of one frame.
        spacing: mm per pixel along (rows, columns), as far as known.

    Raises:
        ValueError: it has no place in a study.
    """
    original = original_of(dataset)
    header = complete(dataset)
    header.SOPClassUID, header.SOPInstanceUID = original.sop_class, original.instance
    header.pop("NumberOfFrames", None)
    _place(header, spacing)
    return Source(header, original.frame)


def complete(dataset: Dataset) -> Dataset:
    """What an object says but its pixels, with all that highdicom asks of it; what DICOM lets be empty is empty.

    Raises:
        ValueError: it has no place in a study.
    """
    missing = [keyword for keyword in PLACE_IN_STUDY if not dataset.get(keyword)]
    if missing:
        raise ValueError(f"the DICOM object has no {' and no '.join(missing)}, so nothing can refer to it")
    header = Dataset()
    # pixels, overlays and what only the maker knows tell a label nothing
    told = [tag for tag in dataset.keys() if tag.group < OVERLAYS and not tag.is_private]  # noqa: SIM118
    header.update({tag: copy(dataset[tag]) for tag in told})
    for element in header:
        if element.VR in TEXTS and ESCAPE in str(element.value):
            element.value = "\\".join(map(str, element.value if element.VM > 1 else [element.value])).replace(ESCAPE, "")
    for keyword in NEEDED:
        if keyword not in header:
            setattr(header, keyword, "")
    if header.PatientSex not in SEXES:
        header.PatientSex = ""
    for keyword, kind in MOMENTS.items():
        if not _is_moment(header[keyword].value, kind):
            header[keyword].value = ""
    return header


def _is_moment(value: object, kind: type[DA] | type[TM]) -> bool:
    try:
        validate_value(kind.__name__, value, RAISE)
        kind(value)
    except (TypeError, ValueError):
        return False
    return True


def _place(header: Dataset, spacing: tuple[float, float] | None) -> None:
    """A place in the patient where the image has all of one, else none: DICOM then has label and image meet pixel by pixel.

    A label with another pixel size than the image's own would lie elsewhere than the image. Without a place there is no pixel
    size in a Segmentation either (PS3.3 A.51-2); it is the image's to tell.
    """
    has_place = all(header.get(keyword) and count == header[keyword].VM for keyword, count in PLACE.items())
    for keyword in () if has_place and _has_spacing(header, spacing) else (*PLACE, "PixelSpacing"):
        header.pop(keyword, None)


def _has_spacing(header: Dataset, spacing: tuple[float, float] | None) -> bool:
    if spacing is None or "PixelSpacing" not in header or len(spacing) != header["PixelSpacing"].VM:
        return False
    return np.allclose([float(length) for length in header.PixelSpacing], spacing, rtol=SAME_SCALE, atol=0)
