"""What DICOMweb tells of a study's images is what their files say."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset

from fetal_head.dicomweb.instance import encoded
from fetal_head.store.dicom.images import described, pixels_of
from fetal_head.store.dicom.instances import Instances
from fetal_head.store.study import StudyDatastore
from pictures import speckle, write_dicom, write_picture

LOSSY = ("LossyImageCompression", "LossyImageCompressionRatio", "LossyImageCompressionMethod")
JPEG, TWICE = "ISO_10918_1", ["ISO_10918_1", "ISO_15444_1"]


def _served(folder: Path) -> list[object]:
    """What an image says of its loss once DICOMweb hands it out."""
    (known,) = Instances(StudyDatastore(str(folder)).store, named=True).find(image="a")
    dataset = dcmread(io.BytesIO(encoded(described(known), pixels_of(known))))
    return [dataset.get(keyword) for keyword in LOSSY]


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ((None, None, None), [None, None, None]),
        (("00", None, None), [None, None, None]),
        (("01", None, None), ["01", None, None]),
        (("01", "12.5", JPEG), ["01", 12.5, JPEG]),
        (("01", ["12.5", "3"], TWICE), ["01", [12.5, 3], TWICE]),
        (("01", "many", "a jpeg, I think"), ["01", None, None]),
        (("01", ["12.5", "many"], JPEG), ["01", None, JPEG]),
        (("maybe", "12.5", JPEG), [None, None, None]),
    ],
)
def test_what_was_lost_is_told_on(tmp_path: Path, said: tuple[object, ...], told: list[object]) -> None:
    dataset: Dataset = dcmread(write_dicom(tmp_path / "a.dcm", speckle(60, 90)))
    for keyword, vr, value in zip(LOSSY, ("CS", "LO", "CS"), said, strict=True):
        # as a text, of which it is not asked whether it is a number
        if value is not None:
            dataset.add_new(keyword, vr, value)
    dataset.save_as(tmp_path / "a.dcm")
    assert _served(tmp_path) == told


@pytest.mark.parametrize(("name", "told"), [("a.jpg", ["01", None, JPEG]), ("a.png", [None, None, None])])
def test_a_jpeg_has_lost_something_whoever_made_it(tmp_path: Path, name: str, told: list[object]) -> None:
    write_picture(tmp_path / name, speckle(60, 90))
    assert _served(tmp_path) == told
