"""Labels from a study folder into a real Orthanc."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from numpy.testing import assert_array_equal
from pydicom.dataset import Dataset

from bench import MOVED, Bench, stored
from fetal_head.biometry import measure
from fetal_head.pacs.errors import PacsAwayError
from fetal_head.pseudonym import pseudonym
from fetal_head.store.labels import history
from orthanc import Orthanc
from ultrasound import NAMES, PHANTOM, written


def test_labels_arrive_as_they_were_drawn(bench: Bench, tmp_path: Path) -> None:
    uids = stored(bench.orthanc, tmp_path)
    bench.puller.pull()
    for image in (uids["jpeg"], f"{uids['loop']}.f0002"):
        bench.submit(image)
    bench.pusher.push()
    segmentations = {s.SourceImageSequence[0].ReferencedSOPInstanceUID: s for s in bench.segmentations()}
    assert set(segmentations) == {uids["jpeg"], uids["loop"]}
    options = {"combine_segments": True, "skip_overlap_checks": True}
    still = segmentations[uids["jpeg"]].get_pixels_by_source_instance([uids["jpeg"]], **options)[0]
    frame = segmentations[uids["loop"]].get_pixels_by_source_frame(uids["loop"], [2], **options)[0]
    labels = [s.SegmentLabel for s in segmentations[uids["jpeg"]].SegmentSequence]
    assert labels == list(PHANTOM.annotated)
    values = np.array([0, *({"BRAIN": 1, "CSP": 2, "LV": 3}[name] for name in labels)], dtype=np.uint8)
    annotated = np.where(np.isin(PHANTOM.mask, values), PHANTOM.mask, 0)
    assert_array_equal(values[still], annotated)
    assert_array_equal(values[frame], annotated)
    assert str(segmentations[uids["loop"]].PatientName) == NAMES[1]
    expected = measure(annotated, PHANTOM.spacing)
    for report in bench.reports():
        found = {
            measurement.name.meaning: measurement.value
            for group in report.content.get_planar_roi_measurement_groups()
            for measurement in group.get_measurements()
        }
        assert found["Lateral Ventricle width"] == pytest.approx(expected.lv_width, rel=1e-6)
    bench.pusher.push()
    assert len(bench.segmentations()) == len(bench.reports()) == 2


@pytest.mark.parametrize("replaced", ["reject", "delete"])
def test_what_counts_there_is_what_counts_here(orthanc: Orthanc, tmp_path: Path, replaced: str) -> None:
    bench = Bench(orthanc, tmp_path, pacs_replaced=replaced)
    image = bench.sent()
    ((first,), (first_report,)) = bench.counting()
    bench.submit(image, MOVED, who="ben")
    bench.pusher.push()
    ((second,), (second_report,)) = bench.counting()
    assert (second.SeriesInstanceUID, second.InstanceNumber) == (first.SeriesInstanceUID, 2)
    assert str(second.ContentCreatorName) == "ben^"
    (predecessor,) = second_report.PredecessorDocumentsSequence[0].ReferencedSeriesSequence[0].ReferencedSOPSequence
    assert predecessor.ReferencedSOPInstanceUID == first_report.SOPInstanceUID
    # the reviewer does not like it: the label before it counts again, under another UID than what was withdrawn
    history.set_status(bench.study.store, image, 2, "rejected", "rev")
    bench.pusher.push()
    ((third,), _) = bench.counting()
    assert (third.InstanceNumber, third.PixelData) == (1, first.PixelData)
    assert third.SOPInstanceUID != first.SOPInstanceUID
    history.set_status(bench.study.store, image, 1, "approved", "rev")
    bench.pusher.push()
    ((fourth,), (final,)) = bench.counting()
    assert fourth.SOPInstanceUID == third.SOPInstanceUID
    assert final.PreliminaryFlag == "FINAL"
    bench.study.remove_label(image, "final")
    bench.pusher.push()
    assert bench.counting() == ([], [])
    assert bool(bench.orthanc.instances("SEG")) == (replaced == "reject")


def test_a_pacs_that_is_away_gets_them_later(bench: Bench) -> None:
    image = bench.pulled()
    bench.orthanc.stop()
    bench.submit(image)
    for work in (bench.pusher.push, bench.puller.pull):
        with pytest.raises(PacsAwayError, match="does not answer"):
            work()
    bench.orthanc.start()
    bench.pusher.push()
    assert len(bench.segmentations()) == 1


def test_every_change_of_a_label_is_sent(bench: Bench) -> None:
    image = bench.sent()
    bench.study.update_label_info(image, "final", {"annotated": ["LV"]})
    bench.pusher.push()
    ((segmentation,), _) = bench.counting()
    assert [segment.SegmentLabel for segment in segmentation.SegmentSequence] == ["LV"]
    bench.study.update_image_info(image, {"spacing": [0.3, 0.3]})
    bench.pusher.push()
    ((_,), (report,)) = bench.counting()
    ((width,),) = [group.get_measurements() for group in report.content.get_planar_roi_measurement_groups()]
    left_alone = np.where(PHANTOM.mask == 3, PHANTOM.mask, 0)
    assert width.value == pytest.approx(measure(left_alone, (0.3, 0.3)).lv_width, rel=1e-6)


def test_images_that_are_not_of_the_pacs_are_none_of_its_business(bench: Bench, tmp_path: Path) -> None:
    files = written(tmp_path)
    bench.study.add_image("1.2.3", str(files["grey"]), {})
    bench.submit("1.2.3")
    bench.pusher.push()
    assert bench.segmentations() == []


def test_one_label_that_cannot_be_sent_holds_up_no_other(bench: Bench, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    uids = stored(bench.orthanc, tmp_path)
    bench.puller.pull()
    for kind in ("grey", "rgb"):
        bench.submit(uids[kind])
    next((bench.folder / "labels" / "history" / uids["grey"]).glob("0001.nrrd")).unlink()
    with caplog.at_level(logging.WARNING):
        bench.pusher.push()
        bench.pusher.push()
    (segmentation,) = bench.segmentations()
    assert segmentation.SourceImageSequence[0].ReferencedSOPInstanceUID == uids["rgb"]
    assert len([r for r in caplog.records if "does not have the label" in r.getMessage()]) == 1


def test_a_label_of_an_odd_image_holds_up_no_other(bench: Bench, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    uids = stored(bench.orthanc, tmp_path)
    odd = pydicom.dcmread(tmp_path / "grey.dcm")
    # before all others, and with a source that is no sequence
    odd.SOPInstanceUID = odd.file_meta.MediaStorageSOPInstanceUID = "1.2.3"
    odd.add_new("SourceImageSequence", "UI", "1.2.4")
    odd.save_as(tmp_path / "odd.dcm")
    bench.orthanc.put(tmp_path / "odd.dcm")
    bench.puller.pull()
    for image in ("1.2.3", uids["rgb"]):
        bench.submit(image)
    with caplog.at_level(logging.WARNING):
        bench.pusher.push()
        bench.pusher.push()
    (segmentation,) = bench.segmentations()
    assert segmentation.SourceImageSequence[0].ReferencedSOPInstanceUID == uids["rgb"]
    assert len([r for r in caplog.records if "does not have the label" in r.getMessage()]) == 1


def test_a_file_without_rights_holds_up_no_other(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    first, second = bench.two_labelled()

    def read_dataset(path: Path) -> Dataset:
        if path.stem == first:
            raise PermissionError(13, "Permission denied", str(path))
        return pydicom.dcmread(path)

    monkeypatch.setattr("fetal_head.pacs.push.read_dataset", read_dataset)
    with caplog.at_level(logging.WARNING):
        bench.pusher.push()
    (segmentation,) = bench.segmentations()
    assert segmentation.SourceImageSequence[0].ReferencedSOPInstanceUID == second
    assert "(Permission denied); give the server's user the right" in caplog.text
    assert first not in caplog.text


def test_no_id_of_a_label_that_cannot_be_sent_is_in_the_log(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    image = bench.sent()
    file = bench.folder / f"{image}.dcm"
    file.write_bytes(file.read_bytes()[:-1000])
    bench.study.update_label_info(image, "final", {"annotated": ["LV"]})
    with caplog.at_level(logging.WARNING):
        bench.pusher.push()
    assert f"{pseudonym(image)}.dcm: The length of the pixel data" in caplog.text
    assert image not in caplog.text


def test_a_label_at_which_the_pacs_breaks_off_holds_up_no_other(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored(bench.orthanc, tmp_path)
    bench.puller.pull()
    images = sorted(image for image in bench.study.list_images() if ".f" not in image)[:3]
    for image in images:
        bench.submit(image)
    real = bench.pacs.store

    def store(objects: Any) -> None:
        if objects[0].get("SourceImageSequence", [Dataset()])[0].get("ReferencedSOPInstanceUID") == images[0]:
            raise PacsAwayError("the PACS answers 504 (Gateway Timeout)")
        real(objects)

    monkeypatch.setattr(bench.pacs, "store", store)
    for _ in range(2):
        with pytest.raises(PacsAwayError):
            bench.pusher.push()
    assert {s.SourceImageSequence[0].ReferencedSOPInstanceUID for s in bench.segmentations()} == set(images[1:])
    monkeypatch.setattr(bench.pacs, "store", real)
    bench.pusher.push()
    assert len(bench.segmentations()) == 3
