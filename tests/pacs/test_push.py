"""Labels from a study folder into a real Orthanc."""

from __future__ import annotations

import io
import logging
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
import requests
from numpy.testing import assert_array_equal
from pydicom.dataset import Dataset

from bench import Bench, stored
from fetal_head.biometry import measure
from fetal_head.pacs.errors import PacsAwayError
from fetal_head.pacs.push import Pusher
from fetal_head.store import history, intake
from orthanc import Orthanc
from ultrasound import NAMES, PHANTOM, written

Uids = dict[str, str]


def _moved(mask: Any) -> Any:
    return np.roll(mask, 3, axis=1)


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


def _pulled(bench: Bench, folder: Path) -> str:
    """An image of the PACS, in the study."""
    image = stored(bench.orthanc, folder)["grey"]
    bench.puller.pull()
    return image


def _sent(bench: Bench, folder: Path) -> str:
    """The same, with a label that the PACS has."""
    image = _pulled(bench, folder)
    bench.submit(image)
    bench.pusher.push()
    return image


def _rejected(bench: Bench) -> set[str]:
    notes = [pydicom.dcmread(io.BytesIO(file)) for file in bench.orthanc.instances("KO")]
    return {
        item.ReferencedSOPInstanceUID
        for note in notes
        for series in note.CurrentRequestedProcedureEvidenceSequence[0].ReferencedSeriesSequence
        for item in series.ReferencedSOPSequence
    }


def _counting(bench: Bench) -> tuple[list[Any], list[Any]]:
    rejected = _rejected(bench)
    return tuple([e for e in found if e.SOPInstanceUID not in rejected] for found in (bench.segmentations(), bench.reports()))  # type: ignore[return-value]


@pytest.mark.parametrize("replaced", ["reject", "delete"])
def test_what_counts_there_is_what_counts_here(orthanc: Orthanc, tmp_path: Path, replaced: str) -> None:
    bench = Bench(orthanc, tmp_path, pacs_replaced=replaced)
    image = _sent(bench, tmp_path)
    ((first,), (first_report,)) = _counting(bench)
    bench.submit(image, _moved(PHANTOM.mask), who="ben")
    bench.pusher.push()
    ((second,), (second_report,)) = _counting(bench)
    assert (second.SeriesInstanceUID, second.InstanceNumber) == (first.SeriesInstanceUID, 2)
    assert str(second.ContentCreatorName) == "ben^"
    (predecessor,) = second_report.PredecessorDocumentsSequence[0].ReferencedSeriesSequence[0].ReferencedSOPSequence
    assert predecessor.ReferencedSOPInstanceUID == first_report.SOPInstanceUID
    # the reviewer does not like it: the label before it counts again, under another UID than what was withdrawn
    history.set_status(bench.study.store, image, 2, "rejected", "rev")
    bench.pusher.push()
    ((third,), _) = _counting(bench)
    assert (third.InstanceNumber, third.PixelData) == (1, first.PixelData)
    assert third.SOPInstanceUID != first.SOPInstanceUID
    history.set_status(bench.study.store, image, 1, "approved", "rev")
    bench.pusher.push()
    ((fourth,), (final,)) = _counting(bench)
    assert fourth.SOPInstanceUID == third.SOPInstanceUID
    assert final.PreliminaryFlag == "FINAL"
    bench.study.remove_label(image, "final")
    bench.pusher.push()
    assert _counting(bench) == ([], [])
    assert bool(bench.orthanc.instances("SEG")) == (replaced == "reject")


def test_a_pacs_that_is_away_gets_them_later(bench: Bench, tmp_path: Path) -> None:
    image = _pulled(bench, tmp_path)
    bench.orthanc.stop()
    bench.submit(image)
    for work in (bench.pusher.push, bench.puller.pull):
        with pytest.raises(PacsAwayError, match="does not answer"):
            work()
    bench.orthanc.start()
    bench.pusher.push()
    assert len(bench.segmentations()) == 1


def test_whatever_is_cut_off_is_done_again(bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    image = _pulled(bench, tmp_path)
    bench.submit(image)
    real = bench.pacs.store
    for point in range(20):
        if point == 8:
            bench.submit(image, _moved(PHANTOM.mask))
        steps = iter(range(point % 8 + 1))

        def store(objects: Any, steps: Any = steps) -> None:
            if next(steps, None) is None:
                raise PacsAwayError("before")
            real(objects)
            if next(steps, None) is None:
                raise PacsAwayError("after")

        monkeypatch.setattr(bench.pacs, "store", store)
        # a new process, which remembers nothing but the file
        try:
            Pusher(bench.pacs, bench.study.store, bench.settings).push()
        except PacsAwayError:
            continue
    ((segmentation,), (report,)) = _counting(bench)
    assert segmentation.InstanceNumber == report.InstanceNumber == 2
    assert len(bench.segmentations()) == len(bench.reports()) == 2


def _numbers(bench: Bench) -> tuple[list[int], list[int]]:
    segmentations, reports = _counting(bench)
    return [int(made.InstanceNumber) for made in segmentations], [int(made.InstanceNumber) for made in reports]


def _cut_off(bench: Bench, monkeypatch: pytest.MonkeyPatch, after: int) -> bool:
    """Whether a process that sends labels ends with so many questions, the last of them without an answer."""
    questions, real = count(1), bench.pacs.session.send

    def send(request: Any, **options: Any) -> Any:
        answer = real(request, **options)
        if next(questions) >= after:
            raise PacsAwayError("nobody hears the answer")
        return answer

    with monkeypatch.context() as patch, suppress(PacsAwayError):
        patch.setattr(bench.pacs.session, "send", send)
        Pusher(bench.pacs, bench.study.store, bench.settings).push()
    return next(questions) > after


@pytest.mark.parametrize("replaced", ["reject", "delete"])
def test_a_label_counts_again_whenever_the_one_after_it_was_cut_off(
    orthanc: Orthanc, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, replaced: str
) -> None:
    # this one shows what it has at once
    monkeypatch.setattr("fetal_head.pacs.push.SHOWN_WITHIN_SECONDS", 0.0)
    bench = Bench(orthanc, tmp_path, pacs_replaced=replaced)
    image = _sent(bench, tmp_path)
    for number in count(2):
        bench.submit(image, _moved(PHANTOM.mask))
        is_cut = _cut_off(bench, monkeypatch, after=number - 1)
        history.set_status(bench.study.store, image, number, "rejected", "rev")
        Pusher(bench.pacs, bench.study.store, bench.settings).push()
        assert _numbers(bench) == ([1], [1])
        if not is_cut:
            break
    assert number > 5


def test_looking_for_what_a_lost_file_knew_can_be_cut_off(bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    image = _pulled(bench, tmp_path)
    for number in count(1):
        (bench.folder / ".fetal_head" / "pacs.sqlite").unlink()
        bench.submit(image, np.roll(PHANTOM.mask, number, axis=1))
        is_cut = _cut_off(bench, monkeypatch, after=number)
        Pusher(bench.pacs, bench.study.store, bench.settings).push()
        assert _numbers(bench) == ([number], [number])
        if not is_cut:
            break
    assert number > 5


def test_every_change_of_a_label_is_sent(bench: Bench, tmp_path: Path) -> None:
    image = _sent(bench, tmp_path)
    bench.study.update_label_info(image, "final", {"annotated": ["LV"]})
    bench.pusher.push()
    ((segmentation,), _) = _counting(bench)
    assert [segment.SegmentLabel for segment in segmentation.SegmentSequence] == ["LV"]
    bench.study.update_image_info(image, {"spacing": [0.3, 0.3]})
    bench.pusher.push()
    ((_,), (report,)) = _counting(bench)
    ((width,),) = [group.get_measurements() for group in report.content.get_planar_roi_measurement_groups()]
    left_alone = np.where(PHANTOM.mask == 3, PHANTOM.mask, 0)
    assert width.value == pytest.approx(measure(left_alone, (0.3, 0.3)).lv_width, rel=1e-6)


def test_nothing_is_withdrawn_while_the_database_is_made_again(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _sent(bench, tmp_path)
    real = intake.take_in

    def take_in(store: Any, quiet_for: float = 0.0) -> bool:
        bench.pusher.push()
        return real(store, quiet_for)

    monkeypatch.setattr(intake, "take_in", take_in)
    intake.rebuild(bench.folder, bench.study.store.settings)
    bench.pusher.push()
    assert _numbers(bench) == ([1], [1])
    assert bench.orthanc.instances("KO") == []


@pytest.mark.parametrize("replaced", ["reject", "delete"])
def test_what_the_pacs_shows_late_is_withdrawn_once_it_does(
    orthanc: Orthanc, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, replaced: str
) -> None:
    monkeypatch.setattr("fetal_head.pacs.failures.FIRST_WAIT_SECONDS", 0.0)
    bench = Bench(orthanc, tmp_path, pacs_replaced=replaced)
    image = _sent(bench, tmp_path)
    late = [made.SOPInstanceUID for found in _counting(bench) for made in found]
    real = bench.pacs.session.send

    def send(request: Any, **options: Any) -> Any:
        if not any(uid in request.url for uid in late):
            return real(request, **options)
        answer = requests.Response()
        answer.status_code = 404
        return answer

    monkeypatch.setattr(bench.pacs.session, "send", send)
    bench.submit(image, _moved(PHANTOM.mask))
    bench.pusher.push()
    late.clear()
    bench.pusher.push()
    assert _numbers(bench) == ([2], [2])


def test_the_file_of_what_was_sent_can_be_lost(bench: Bench, tmp_path: Path) -> None:
    image = _sent(bench, tmp_path)
    (bench.folder / ".fetal_head" / "pacs.sqlite").unlink()
    bench.submit(image, _moved(PHANTOM.mask))
    Pusher(bench.pacs, bench.study.store, bench.settings).push()
    ((segmentation,), (report,)) = _counting(bench)
    assert segmentation.InstanceNumber == report.InstanceNumber == 2


@pytest.mark.parametrize("replaced", ["reject", "delete"])
def test_a_lost_file_of_what_was_sent_brings_nothing_back_that_was_withdrawn(
    orthanc: Orthanc, tmp_path: Path, replaced: str
) -> None:
    bench = Bench(orthanc, tmp_path, pacs_replaced=replaced)
    image = _pulled(bench, tmp_path)
    for number, mask in enumerate((PHANTOM.mask, _moved(PHANTOM.mask)), start=1):
        bench.submit(image, mask)
        bench.pusher.push()
        history.set_status(bench.study.store, image, number, "rejected", "rev")
        bench.pusher.push()
    for status in ("approved", "rejected", "approved"):
        (bench.folder / ".fetal_head" / "pacs.sqlite").unlink()
        history.set_status(bench.study.store, image, 1, status, "rev")
        Pusher(bench.pacs, bench.study.store, bench.settings).push()
        segmentations, reports = _counting(bench)
        assert [s.InstanceNumber for s in segmentations] == [r.InstanceNumber for r in reports] == [1] * (status == "approved")


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
