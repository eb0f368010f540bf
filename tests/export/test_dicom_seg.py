"""A mask as a DICOM Segmentation: valid, of the right image, and the same mask when it is read back."""

from __future__ import annotations

import io
from contextlib import nullcontext
from datetime import datetime, timezone
from pathlib import Path

import numpy as np
import pydicom
import pytest
from highdicom.seg import Segmentation, segread
from labelled_dicoms import MASK, SPACING, assert_valid, label, loop, still
from numpy.testing import assert_array_equal
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileDataset
from skimage.color import lab2rgb

from fetal_head.export import dicom_ko, dicom_seg, dicom_sr
from fetal_head.export.dicom_ko import rejection
from fetal_head.export.dicom_seg import segmentation
from fetal_head.export.dicom_sr import report
from fetal_head.export.source import Source, complete, source_of
from fetal_head.imaging.multiframe import frames_of
from fetal_head.labels import BY_NAME, STRUCTURES
from pictures import speckle


def _written(made: Dataset) -> io.BytesIO:
    file = io.BytesIO()
    made.save_as(file, write_like_original=False)
    file.seek(0)
    return file


def _mask(made: Segmentation, instance: str, frame: int | None = None) -> NDArray[np.uint8]:
    """By what the segments are called, never by their numbers."""
    read = segread(_written(made))
    names = {number: read.get_segment_description(number).segment_label for number in read.segment_numbers}
    options = {"combine_segments": False, "assert_missing_frames_are_empty": True}
    if frame is None:
        planes = read.get_pixels_by_source_instance([instance], **options)[0]
    else:
        planes = read.get_pixels_by_source_frame(instance, [frame], **options)[0]
    mask = np.zeros(planes.shape[:2], dtype=np.uint8)
    for number, name in names.items():
        mask[planes[..., number - 1] == 1] = BY_NAME[name].value
    return mask


def test_it_is_valid_and_comes_back_pixel_for_pixel(tmp_path: Path) -> None:
    dataset = still(tmp_path)
    made = segmentation(label(), source_of(dataset, SPACING))
    assert_array_equal(_mask(made, dataset.SOPInstanceUID), MASK)
    assert_valid(made, folder=tmp_path)


def test_segments_are_what_they_are_by_their_value(tmp_path: Path) -> None:
    without_csp = np.where(MASK == 2, 1, MASK).astype(np.uint8)
    made = segmentation(label(without_csp), source_of(still(tmp_path), SPACING))
    read = segread(_written(made))
    assert [s.SegmentLabel for s in read.SegmentSequence] == ["BRAIN", "CSP", "LV"], "CSP was looked for and is not there"
    assert_array_equal(_mask(made, made.SourceImageSequence[0].ReferencedSOPInstanceUID), without_csp)
    made = segmentation(label(annotated=("CSP", "LV")), source_of(still(tmp_path), SPACING))
    assert [s.SegmentLabel for s in made.SegmentSequence] == ["CSP", "LV"], "nobody looked for BRAIN"
    assert_valid(made, folder=tmp_path)
    for segment, structure in zip(made.SegmentSequence, STRUCTURES[1:], strict=True):
        code = segment.SegmentedPropertyTypeCodeSequence[0]
        assert (code.CodeValue, code.CodingSchemeDesignator) == (structure.snomed, "SCT")
        lightness, a, b = segment.RecommendedDisplayCIELabValue
        lab = np.array([lightness * 100 / 65535, a * 255 / 65535 - 128, b * 255 / 65535 - 128])
        assert_array_equal(np.rint(255 * lab2rgb(lab)), structure.colour)


def test_what_was_not_looked_for_leaves_no_hole_in_the_head(tmp_path: Path) -> None:
    made = segmentation(label(annotated=("BRAIN", "LV")), source_of(still(tmp_path), SPACING))
    without_csp = np.where(MASK == 2, 1, MASK)
    assert_array_equal(_mask(made, made.SourceImageSequence[0].ReferencedSOPInstanceUID), without_csp)


def test_a_mask_without_anything_has_its_segments_all_the_same(tmp_path: Path) -> None:
    made = segmentation(label(np.zeros_like(MASK)), source_of(still(tmp_path), None))
    assert len(made.SegmentSequence) == 3
    assert not _mask(made, made.SourceImageSequence[0].ReferencedSOPInstanceUID).any()
    assert_valid(made, folder=tmp_path)


def test_who_drew_it_with_what(tmp_path: Path) -> None:
    made = segmentation(label(), source_of(still(tmp_path), SPACING))
    assert {(s.SegmentAlgorithmType, s.SegmentAlgorithmName) for s in made.SegmentSequence} == {
        ("SEMIAUTOMATIC", "fetal-head v0007")
    }
    read = pydicom.dcmread(_written(made))
    assert (str(read.PatientName), read.PatientID, str(read.ContentCreatorName)) == ("Müller^Änne", "P-7", "Ünal^")
    assert (read.ContentDate, read.ContentTime, read.StudyDate) == ("20240301", "123005", "20240229")
    made = segmentation(label(model=None, who=""), source_of(still(tmp_path), SPACING))
    assert {s.SegmentAlgorithmType for s in made.SegmentSequence} == {"MANUAL"}
    assert_valid(made, folder=tmp_path)


def test_its_times_are_in_the_time_zone_that_its_image_tells(tmp_path: Path) -> None:
    """One offset holds for all times of an object: those that it has of the image as well."""
    at = datetime(2024, 3, 1, 22, 30, 5, tzinfo=timezone.utc).astimezone().replace(tzinfo=None)
    dataset = still(tmp_path)
    dataset.TimezoneOffsetFromUTC = "+0530"
    source = source_of(dataset, SPACING)
    outlines = segmentation(label(at=at), source)
    for made in (outlines, report(label(at=at), source, outlines), rejection(outlines, at)):
        assert made is not None
        assert (made.TimezoneOffsetFromUTC, made.ContentDate, made.ContentTime) == ("+0530", "20240302", "040005")
        assert (made.InstanceCreationTime, str(made.StudyTime)) == ("040005", "101112")
        assert_valid(made, folder=tmp_path)


@pytest.mark.parametrize("told", [None, "", "local", "+2500", "-1300"])
def test_a_time_zone_that_nobody_tells_is_not_made_up(tmp_path: Path, told: str | None) -> None:
    dataset = still(tmp_path)
    dataset.add_new("TimezoneOffsetFromUTC", "SH", told)
    made = segmentation(label(), source_of(dataset, SPACING))
    assert "TimezoneOffsetFromUTC" not in made
    assert (made.ContentDate, made.ContentTime) == ("20240301", "123005")


@pytest.mark.parametrize("version", ["v" * 200, "v1\\2\n3", "version of the far too long name " * 2])
def test_any_version_of_a_model_can_be_told(tmp_path: Path, version: str) -> None:
    made = segmentation(label(model=version), source_of(still(tmp_path), SPACING))
    assert {s.SegmentAlgorithmName[:12] for s in made.SegmentSequence} == {"fetal-head v"}
    assert_valid(made, folder=tmp_path)


def test_it_names_the_frame_of_the_loop_that_it_is_of(tmp_path: Path) -> None:
    whole = loop(tmp_path, [speckle(*MASK.shape, seed=n) for n in range(3)])
    (frame,) = frames_of(whole, [2])
    made = segmentation(label(), source_of(pydicom.dcmread(_written(frame)), SPACING))
    assert_array_equal(_mask(made, whole.SOPInstanceUID, 2), MASK)
    references = [made.SourceImageSequence[0]]
    references += [f.DerivationImageSequence[0].SourceImageSequence[0] for f in made.PerFrameFunctionalGroupsSequence]
    assert {(r.ReferencedSOPInstanceUID, r.ReferencedSOPClassUID, r.ReferencedFrameNumber) for r in references} == {
        (whole.SOPInstanceUID, whole.SOPClassUID, 2)
    }
    assert made.ReferencedSeriesSequence[0].ReferencedInstanceSequence[0].ReferencedSOPInstanceUID == whole.SOPInstanceUID
    assert_valid(made, folder=tmp_path)


def _placed(dataset: FileDataset) -> FileDataset:
    dataset.FrameOfReferenceUID, dataset.SliceThickness = "1.2.3.4", "1"
    dataset.ImagePositionPatient, dataset.ImageOrientationPatient = [1, 2, 3], [1, 0, 0, 0, 1, 0]
    dataset.PixelSpacing = list(SPACING)
    return dataset


def test_a_pixel_size_is_told_where_it_is_known_and_means_something(tmp_path: Path) -> None:
    shared = [
        segmentation(label(), source_of(dataset, spacing)).SharedFunctionalGroupsSequence[0]
        for dataset, spacing in (
            (_placed(still(tmp_path)), SPACING),
            (_placed(still(tmp_path)), None),
            (still(tmp_path), SPACING),
        )
    ]
    assert [list(s.PixelMeasuresSequence[0].PixelSpacing) for s in shared if "PixelMeasuresSequence" in s] == [list(SPACING)]
    assert "PixelMeasuresSequence" in shared[0]
    made = segmentation(label(), source_of(_placed(still(tmp_path)), SPACING))
    assert made.FrameOfReferenceUID == "1.2.3.4"
    assert_array_equal(_mask(made, made.SourceImageSequence[0].ReferencedSOPInstanceUID), MASK)
    assert_valid(made, folder=tmp_path)


@pytest.mark.parametrize("spacing", [None, [1, 1], [0.3, 0.2]])
def test_a_label_has_no_other_place_than_its_image(tmp_path: Path, spacing: list[float] | None) -> None:
    """A pixel size of the image's regions, or that was said of it, is not the one by which a viewer places it."""
    dataset = _placed(still(tmp_path))
    del dataset.PixelSpacing
    if spacing:
        dataset.PixelSpacing = spacing
    made = segmentation(label(), source_of(dataset, SPACING))
    assert "PixelMeasuresSequence" not in made.SharedFunctionalGroupsSequence[0]
    assert "FrameOfReferenceUID" not in made
    assert_array_equal(_mask(made, dataset.SOPInstanceUID), MASK)
    assert_valid(made, folder=tmp_path)


def test_the_same_label_gives_the_same_bytes_and_another_one_another_uid(tmp_path: Path) -> None:
    source = source_of(still(tmp_path), SPACING)
    made = segmentation(label(), source)
    assert _written(made).getvalue() == _written(segmentation(label(), source)).getvalue()
    other = MASK.copy()
    other[0, 0] = 3
    others = [
        segmentation(label(other), source),
        segmentation(label(number=3), source),
        segmentation(label(annotated=("BRAIN", "LV")), source),
        segmentation(label(), source, issue=1),
        segmentation(label(), source_of(still(tmp_path), SPACING)),
    ]
    assert len({m.SOPInstanceUID for m in (made, *others)}) == 6
    assert len({m.SeriesInstanceUID for m in (made, *others)}) == 2, "one series for each image"


@pytest.mark.parametrize("lossy", [{}, {"LossyImageCompressionRatio": "12", "LossyImageCompressionMethod": "ISO_10918_1"}])
def test_a_label_of_a_lossy_image_says_so(tmp_path: Path, lossy: dict[str, str]) -> None:
    dataset = still(tmp_path)
    dataset.LossyImageCompression = "01"
    for keyword, value in lossy.items():
        setattr(dataset, keyword, value)
    made = segmentation(label(), source_of(dataset, SPACING))
    assert made.LossyImageCompression == "01"
    assert ("LossyImageCompressionRatio" in made) == bool(lossy)


@pytest.mark.parametrize(
    ("terms", "written", "name"),
    [
        # the examples of PS3.5, H to K
        (b"\\ISO 2022 IR 87", b"Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B", "Yamada^Tarou=山田^太郎"),
        (b"\\ISO 2022 IR 149", b"Hong^Gildong=\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce\xd4\xd7", "Hong^Gildong=洪^吉洞"),
        (b"\\ISO 2022 IR 58", b"Zhang^XiaoDong=\x1b$)A\xd5\xc5^\x1b$)A\xd0\xa1\xb6\xab", "Zhang^XiaoDong=张^小东"),
        (b"GB18030", "Wang^XiaoDong=王^小东".encode("gb18030"), "Wang^XiaoDong=王^小东"),
    ],
)
def test_a_patient_keeps_his_name_whatever_it_was_written_in(tmp_path: Path, terms: bytes, written: bytes, name: str) -> None:
    dataset = still(tmp_path)
    dataset.PatientName = dataset.ReferringPhysicianName = written.decode("latin-1")
    dataset.save_as(tmp_path / "a.dcm")
    latin = b"CS\x0a\0ISO_IR 100"
    terms += b" " * (len(terms) % 2)
    whole = (tmp_path / "a.dcm").read_bytes().replace(latin, b"CS" + len(terms).to_bytes(2, "little") + terms)
    (tmp_path / "a.dcm").write_bytes(whole)
    made = segmentation(label(), source_of(pydicom.dcmread(tmp_path / "a.dcm"), SPACING))
    made.save_as(tmp_path / "b.dcm", write_like_original=False)
    kept = pydicom.dcmread(tmp_path / "b.dcm")
    assert (kept.PatientName, kept.ReferringPhysicianName) == (name, name)


def test_a_source_with_next_to_nothing_in_it_will_do(tmp_path: Path) -> None:
    dataset = still(tmp_path)
    for keyword in ("PatientSex", "StudyDate", "StudyTime", "StudyID", "AccessionNumber", "PatientBirthDate", "PatientName"):
        delattr(dataset, keyword)
    dataset.PatientOrientation = ""
    assert_valid(segmentation(label(), source_of(dataset, SPACING)), folder=tmp_path)
    dataset.PatientSex = "F/M"
    segmentation(label(), source_of(dataset, SPACING))


@pytest.mark.parametrize(
    ("keyword", "value"),
    [("ImagePositionPatient", ["1", "2"]), ("ImageOrientationPatient", ["1"] * 5), ("SliceThickness", ["1", "2"])],
)
def test_half_a_place_is_none(tmp_path: Path, keyword: str, value: list[str]) -> None:
    dataset = still(tmp_path)
    dataset.FrameOfReferenceUID, dataset.SliceThickness, dataset.PixelSpacing = "1.2.3", "1", list(SPACING)
    dataset.ImagePositionPatient, dataset.ImageOrientationPatient = ["1", "2", "3"], ["1", "0", "0", "0", "1", "0"]
    setattr(dataset, keyword, value)
    made = segmentation(label(), source_of(dataset, SPACING))
    assert "FrameOfReferenceUID" not in made
    assert_valid(made, folder=tmp_path)


@pytest.mark.parametrize(
    ("keyword", "value"),
    [("StudyDate", "2024.02.29"), ("StudyDate", "20240231"), ("StudyTime", "10:11:12"), ("PatientBirthDate", "1990")],
)
def test_dates_and_times_that_dicom_does_not_know_are_left_empty(tmp_path: Path, keyword: str, value: str) -> None:
    dataset = still(tmp_path)
    with pytest.warns(UserWarning, match="Invalid value") if value != "20240231" else nullcontext():
        setattr(dataset, keyword, value)
    made = segmentation(label(), source_of(dataset, SPACING))
    assert made[keyword].value in ("", None)
    assert_valid(made, folder=tmp_path)


def test_what_cannot_be_one_is_said(tmp_path: Path) -> None:
    dataset = still(tmp_path)
    with pytest.raises(ValueError, match="the mask has 300 x 400 pixels, its DICOM image 400 x 300"):
        segmentation(label(MASK.T), source_of(dataset, SPACING))
    with pytest.raises(ValueError, match="speaks of no structure"):
        segmentation(label(annotated=()), source_of(dataset, SPACING))
    del dataset.StudyInstanceUID
    with pytest.raises(ValueError, match="has no StudyInstanceUID"):
        source_of(dataset, SPACING)


PIN = (
    "2.25.153000195313567147717630775544009801658",
    "2.25.159403859239086721726054290900924655754",
    "2.25.136524213487700430668409036411472978118",
    "2.25.123542218464848476377847390912841145621",
)


def test_what_an_archive_has_of_a_label_is_found_again_by_a_later_version(tmp_path: Path) -> None:
    """Another rule for the UIDs would leave the objects of all earlier labels standing beside the new ones."""
    header = Dataset()
    header.SOPInstanceUID = "1.2.3"
    source = Source(header, None)
    assert dicom_seg.series_uid(source) == PIN[0]
    assert dicom_sr.series_uid(source) == PIN[1]
    assert dicom_ko.series_uid("1.2.3") == PIN[2]
    assert dicom_ko.note_uid("1.2.3") == PIN[3]


def test_the_escapes_of_several_texts_go_and_the_texts_stay_apart(tmp_path: Path) -> None:
    dataset = still(tmp_path)
    dataset.add_new("OtherPatientNames", "PN", ["\x1b$)AZhang", "Wang"])
    assert list(map(str, complete(dataset).OtherPatientNames)) == ["Zhang", "Wang"]
