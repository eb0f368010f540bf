"""Measurements as a DICOM report: valid, coded, and the same numbers when it is read back."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pydicom
import pytest
from highdicom.sr import ComprehensiveSR, srread
from labelled_dicoms import MASK, SPACING, assert_valid, label, loop, still

from fetal_head.biometry import measure
from fetal_head.export.dicom_ko import rejection
from fetal_head.export.dicom_seg import segmentation
from fetal_head.export.dicom_sr import report
from fetal_head.export.label import Label
from fetal_head.export.source import source_of
from fetal_head.imaging.multiframe import frames_of
from pictures import speckle

CODES = {
    ("11984-2", "LN", None): "hc",
    ("11820-8", "LN", "OUTER_OUTER"): "bpd",
    ("11851-3", "LN", "OUTER_OUTER"): "ofd",
    ("11823-2", "LN", None): "ci",
    ("18185-9", "LN", "11932-1"): "ga_hadlock_weeks",
    ("18185-9", "LN", "11902-4"): "ga_hadlock_bpd_weeks",
    ("18185-9", "LN", "GA_HC_IG21"): "ga_intergrowth_weeks",
    ("CSP_WIDTH", "99FETALHEAD", None): "csp_width",
    ("12171-5", "LN", None): "lv_width",
}
# a head of 21 weeks
SIZED = (0.25, 0.26)


def _made(folder: Path, told: Label) -> ComprehensiveSR | None:
    source = source_of(still(folder), told.spacing)
    return report(told, source, segmentation(told, source))


def _read(made: ComprehensiveSR) -> ComprehensiveSR:
    file = io.BytesIO()
    made.save_as(file)
    file.seek(0)
    return srread(file)


def _numbers(made: ComprehensiveSR) -> dict[str, tuple[float, str]]:
    found = {}
    for group in _read(made).content.get_planar_roi_measurement_groups():
        for measurement in group.get_measurements():
            method = measurement.method.value if measurement.method else None
            name = CODES[(measurement.name.value, measurement.name.scheme_designator, method)]
            found[name] = (measurement.value, measurement.unit.value)
    return found


def test_it_is_valid_and_its_numbers_come_back(tmp_path: Path) -> None:
    told = label(spacing=SIZED)
    made = _made(tmp_path, told)
    assert made is not None
    expected = measure(MASK, SIZED)
    numbers = _numbers(made)
    assert set(numbers) == set(CODES.values())
    for name, (value, unit) in numbers.items():
        assert value == pytest.approx(getattr(expected, name), rel=1e-12)
        assert unit == ("%" if name == "ci" else "wk" if name.startswith("ga_") else "mm")
    assert_valid(made, folder=tmp_path)


def test_it_refers_to_the_segment_and_the_image_of_each_structure(tmp_path: Path) -> None:
    whole = loop(tmp_path, [speckle(*MASK.shape, seed=n) for n in range(3)])
    (frame,) = frames_of(whole, [3])
    source = source_of(frame, SPACING)
    outlines = segmentation(label(), source)
    made = report(label(), source, outlines)
    assert made is not None
    groups = _read(made).content.get_planar_roi_measurement_groups()
    assert [g.finding_type.value for g in groups] == ["12738006", "74968005", "66720007"]
    for number, group in enumerate(groups, start=1):
        segment, image = (item.ReferencedSOPSequence[0] for item in group.referenced_segmentation_frame)
        assert (segment.ReferencedSOPInstanceUID, segment.ReferencedFrameNumber) == (outlines.SOPInstanceUID, number)
        assert (image.ReferencedSOPInstanceUID, image.ReferencedFrameNumber) == (whole.SOPInstanceUID, 3)
    assert_valid(made, folder=tmp_path)


def test_without_a_pixel_size_there_is_no_report(tmp_path: Path) -> None:
    """No length, no age, and no ratio: the pixels need not be square."""
    assert _made(tmp_path, label(spacing=None)) is None


def test_what_nobody_looked_for_is_not_measured(tmp_path: Path) -> None:
    made = _made(tmp_path, label(annotated=("CSP", "LV")))
    assert made is not None
    assert set(_numbers(made)) == {"lv_width"}, "the width of a CSP takes the head's direction"
    made = _made(tmp_path, label(annotated=("BRAIN",)))
    assert made is not None
    assert "lv_width" not in _numbers(made)


def test_where_nothing_can_be_measured_there_is_no_report(tmp_path: Path) -> None:
    assert _made(tmp_path, label(np.zeros_like(MASK))) is None


def test_whose_it_is_and_who_says_so(tmp_path: Path) -> None:
    made = _made(tmp_path, label(is_approved=True))
    assert made is not None
    assert (made.CompletionFlag, made.PreliminaryFlag, made.VerificationFlag) == ("COMPLETE", "FINAL", "UNVERIFIED")
    text = str(pydicom.dcmread(io.BytesIO(_bytes(made))))
    assert "Müller^Änne" in text
    assert "Ünal^" in text
    assert "'Fetus'" in text, "the head is not the patient's, who is the mother"
    preliminary = _made(tmp_path, label())
    assert preliminary is not None
    assert preliminary.PreliminaryFlag == "PRELIMINARY"
    assert_valid(made, preliminary, folder=tmp_path)


def _bytes(made: ComprehensiveSR) -> bytes:
    file = io.BytesIO()
    made.save_as(file)
    return file.getvalue()


def test_it_names_the_report_that_it_replaces(tmp_path: Path) -> None:
    source = source_of(still(tmp_path), SPACING)
    outlines = segmentation(label(), source)
    first = report(label(), source, outlines)
    assert first is not None
    assert _bytes(first) == _bytes(report(label(), source, outlines))  # type: ignore[arg-type]
    second = report(label(number=3), source, segmentation(label(number=3), source), replaces=first.SOPInstanceUID)
    assert second is not None
    (series,) = second.PredecessorDocumentsSequence[0].ReferencedSeriesSequence
    assert series.ReferencedSOPSequence[0].ReferencedSOPInstanceUID == first.SOPInstanceUID
    assert series.SeriesInstanceUID == first.SeriesInstanceUID == second.SeriesInstanceUID
    assert_valid(second, folder=tmp_path)


def test_a_rejection_note_names_what_no_longer_counts(tmp_path: Path) -> None:
    outlines = segmentation(label(), source_of(still(tmp_path), SPACING))
    note = rejection(outlines, label().at)
    assert note.ConceptNameCodeSequence[0].CodeValue == "113001"
    assert note.resolve_reference(outlines.SOPInstanceUID)[1] == outlines.SeriesInstanceUID
    assert note.SOPInstanceUID == rejection(outlines, label().at).SOPInstanceUID
    assert_valid(note, folder=tmp_path)


def test_a_rejection_note_is_about_the_same_patient(tmp_path: Path) -> None:
    """A number of a patient means nothing without who has given it out."""
    dataset = still(tmp_path)
    dataset.IssuerOfPatientID, dataset.PatientAge, dataset.StudyDescription = "HOSPITAL", "030Y", "Obstetric"
    outlines = segmentation(label(), source_of(dataset, SPACING))
    note = rejection(outlines, label().at)
    assert (note.PatientID, note.IssuerOfPatientID) == (outlines.PatientID, outlines.IssuerOfPatientID) == ("P-7", "HOSPITAL")
    assert (note.PatientAge, note.StudyDescription) == ("030Y", "Obstetric")
    assert_valid(note, folder=tmp_path)
