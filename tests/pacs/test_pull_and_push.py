"""Images from a real Orthanc into a study folder, and labels back, without a server around them."""

from __future__ import annotations

import io
import logging
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from highdicom.seg import segread
from highdicom.sr import srread
from numpy.testing import assert_array_equal

from fetal_head.biometry import measure
from fetal_head.config import PacsSettings, load_settings
from fetal_head.imaging import read_image
from fetal_head.pacs.client import Pacs
from fetal_head.pacs.errors import PacsAwayError, PacsRefusalError
from fetal_head.pacs.pull import Puller
from fetal_head.pacs.push import Pusher
from fetal_head.store import history
from fetal_head.store.study import StudyDatastore
from orthanc import PASSWORD, USER, Orthanc
from pictures import write_itk
from ultrasound import FRAMES, NAMES, PHANTOM, damaged, written

Uids = dict[str, str]


class Bench:
    """A study folder beside a PACS."""

    def __init__(self, orthanc: Orthanc, folder: Path, **settings: str) -> None:
        self.folder = folder / "study"
        self.folder.mkdir(exist_ok=True)
        password = folder / "password"
        password.write_text(PASSWORD + "\n")
        told = {"pacs_user": USER, "pacs_password_file": str(password), "pacs_timeout_seconds": "5", **settings}
        self.settings: PacsSettings = load_settings(told).pacs
        self.orthanc = orthanc
        self.study = StudyDatastore(str(self.folder))
        self.pacs = Pacs(orthanc.url, self.settings)
        self.puller = Puller(self.pacs, self.study.store, self.settings)
        self.pusher = Pusher(self.pacs, self.study.store, self.settings)

    def submit(self, image: str, mask: Any = PHANTOM.mask, who: str = "ann") -> None:
        """Hands a label in."""
        file = write_itk(self.folder.parent / "mask.nrrd", mask)
        self.study.save_label(image, str(file), "final", {"client_id": who, "annotated": list(PHANTOM.annotated)})

    def segmentations(self) -> list[Any]:
        """All in the PACS."""
        return [segread(io.BytesIO(file)) for file in self.orthanc.instances("SEG")]

    def reports(self) -> list[Any]:
        """All in the PACS."""
        return [srread(io.BytesIO(file)) for file in self.orthanc.instances("SR")]


@pytest.fixture
def bench(orthanc: Orthanc, tmp_path: Path) -> Bench:
    return Bench(orthanc, tmp_path)


def _stored(orthanc: Orthanc, folder: Path) -> Uids:
    """The SOP Instance UID of each kind of image, all in the PACS."""
    files = written(folder)
    orthanc.put(*files.values())
    return {kind: str(pydicom.dcmread(file).SOPInstanceUID) for kind, file in files.items()}


def _moved(mask: Any) -> Any:
    return np.roll(mask, 3, axis=1)


def test_every_kind_of_image_comes_with_its_grey_values_and_pixel_size(bench: Bench, tmp_path: Path) -> None:
    uids = _stored(bench.orthanc, tmp_path)
    bench.puller.pull()
    loop = [f"{uids['loop']}.f{n:04d}" for n in range(1, FRAMES + 1)]
    stills = {uid for kind, uid in uids.items() if kind != "loop"}
    assert set(bench.study.list_images()) == stills | set(loop)
    for kind in ("grey", "rgb", "ybr", "lossless", "jpeg"):
        image, geometry = read_image(bench.study.get_image_uri(uids[kind]))
        assert geometry.spacing == pytest.approx(PHANTOM.spacing)
        assert np.abs(image - PHANTOM.image).mean() < (2 if kind == "jpeg" else 0.5), kind
    assert read_image(bench.study.get_image_uri(uids["unsized"]))[1].spacing is None
    for number, image_id in enumerate(loop):
        image, geometry = read_image(bench.study.get_image_uri(image_id))
        assert_array_equal(image, np.clip(PHANTOM.image.astype(int) + number, 0, 255))
        assert geometry.spacing == pytest.approx(PHANTOM.spacing)
    # byte for byte what is in the PACS
    assert Path(bench.study.get_image_uri(uids["jpeg"])).read_bytes()[-1000:] == (tmp_path / "jpeg.dcm").read_bytes()[-1000:]


def test_patients_are_told_apart_without_being_named(bench: Bench, tmp_path: Path) -> None:
    _stored(bench.orthanc, tmp_path)
    bench.puller.pull()
    patients = {image: bench.study.get_image_info(image)["patient"] for image in bench.study.list_images()}
    assert len(set(patients.values())) == 2
    assert len({patient for image, patient in patients.items() if ".f" in image}) == 1
    assert not {"P-1", "P-2"} & set(patients.values())


def test_only_what_is_new_comes_and_what_was_removed_stays_away(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    uids = _stored(bench.orthanc, tmp_path)
    bench.puller.pull()
    fetched: list[str] = []
    fetch = bench.pacs.fetch
    monkeypatch.setattr(bench.pacs, "fetch", lambda instance: fetched.append(instance.uid) or fetch(instance))
    bench.study.remove_image(uids["rgb"])
    # as after a restart, when nothing is remembered but the folder
    Puller(bench.pacs, bench.study.store, bench.settings).pull()
    assert fetched == []
    (tmp_path / "more").mkdir()
    more = _stored(bench.orthanc, tmp_path / "more")
    bench.puller.pull()
    assert set(fetched) == set(more.values())
    assert uids["rgb"] not in bench.study.list_images()


def test_a_damaged_instance_is_named_and_holds_up_no_other(
    bench: Bench, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    bench.orthanc.put(damaged(tmp_path / "damaged.dcm"))
    uids = _stored(bench.orthanc, tmp_path)
    with caplog.at_level(logging.WARNING):
        bench.puller.pull()
        bench.puller.pull()
    assert len(bench.study.list_images()) == len(uids) - 1 + FRAMES
    said = [record.getMessage() for record in caplog.records if "left out" in record.getMessage()]
    assert len(said) == 1
    assert "Quimby" not in caplog.text


def test_a_series_that_is_not_told_holds_up_no_other(bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    uids = _stored(bench.orthanc, tmp_path)
    first = next(bench.pacs.series())
    instances = bench.pacs.instances

    def refusing(study: str, series: str) -> Any:
        if series == first.uid:
            raise PacsRefusalError("no", 500)
        return instances(study, series)

    monkeypatch.setattr(bench.pacs, "instances", refusing)
    bench.puller.pull()
    assert 0 < len(bench.study.list_images()) < len(uids) - 1 + FRAMES
    monkeypatch.undo()
    bench.puller.pull()
    assert len(bench.study.list_images()) == len(uids) - 1 + FRAMES


def test_of_a_loop_the_key_frame_alone(orthanc: Orthanc, tmp_path: Path) -> None:
    bench = Bench(orthanc, tmp_path, pacs_frames="key")
    uids = _stored(orthanc, tmp_path)
    bench.puller.pull()
    bench.puller.pull()
    assert [image for image in bench.study.list_images() if ".f" in image] == [f"{uids['loop']}.f0002"]


def test_a_frame_that_was_taken_in_amid_a_crash_is_completed(bench: Bench, tmp_path: Path) -> None:
    uids = _stored(bench.orthanc, tmp_path)
    bench.puller.pull()
    first = f"{uids['loop']}.f0001"
    content = Path(bench.study.get_image_uri(first)).read_bytes()
    # as if it had not come to that one yet
    (tmp_path / "again").mkdir()
    bench = Bench(bench.orthanc, tmp_path / "again")
    third = bench.folder / f"{uids['loop']}.f0003.dcm"
    third.write_bytes(content)
    bench.study.refresh()
    bench.puller.pull()
    assert {image for image in bench.study.list_images() if ".f" in image} == {f"{uids['loop']}.f{n:04d}" for n in (1, 2, 3)}


def test_labels_arrive_as_they_were_drawn(bench: Bench, tmp_path: Path) -> None:
    uids = _stored(bench.orthanc, tmp_path)
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
    image = _stored(orthanc, tmp_path)["grey"]
    bench.puller.pull()
    bench.submit(image)
    bench.pusher.push()
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
    image = _stored(bench.orthanc, tmp_path)["grey"]
    bench.puller.pull()
    bench.orthanc.stop()
    bench.submit(image)
    for work in (bench.pusher.push, bench.puller.pull):
        with pytest.raises(PacsAwayError, match="does not answer"):
            work()
    bench.orthanc.start()
    bench.pusher.push()
    assert len(bench.segmentations()) == 1


def test_whatever_is_cut_off_is_done_again(bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    image = _stored(bench.orthanc, tmp_path)["grey"]
    bench.puller.pull()
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


def test_the_file_of_what_was_sent_can_be_lost(bench: Bench, tmp_path: Path) -> None:
    image = _stored(bench.orthanc, tmp_path)["grey"]
    bench.puller.pull()
    bench.submit(image)
    bench.pusher.push()
    (bench.folder / ".fetal_head" / "pacs.sqlite").unlink()
    bench.submit(image, _moved(PHANTOM.mask))
    Pusher(bench.pacs, bench.study.store, bench.settings).push()
    ((segmentation,), (report,)) = _counting(bench)
    assert segmentation.InstanceNumber == report.InstanceNumber == 2


def test_images_that_are_not_of_the_pacs_are_none_of_its_business(bench: Bench, tmp_path: Path) -> None:
    files = written(tmp_path)
    bench.study.add_image("1.2.3", str(files["grey"]), {})
    bench.submit("1.2.3")
    bench.pusher.push()
    assert bench.segmentations() == []


def test_one_label_that_cannot_be_sent_holds_up_no_other(bench: Bench, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    uids = _stored(bench.orthanc, tmp_path)
    bench.puller.pull()
    for kind in ("grey", "rgb"):
        bench.submit(uids[kind])
    next((bench.folder / "labels" / "history" / uids["grey"]).glob("0001.nrrd")).unlink()
    with caplog.at_level(logging.WARNING):
        bench.pusher.push()
        bench.pusher.push()
    (segmentation,) = bench.segmentations()
    assert segmentation.SourceImageSequence[0].ReferencedSOPInstanceUID == uids["rgb"]
    assert len([r for r in caplog.records if "was not sent" in r.getMessage()]) == 1


def test_a_wrong_password_is_said(orthanc: Orthanc, tmp_path: Path) -> None:
    bench = Bench(orthanc, tmp_path, pacs_user="mallory")
    with pytest.raises(PacsAwayError, match="answers 401"):
        bench.puller.pull()
