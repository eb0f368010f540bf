"""What changes in a study folder at a bad moment, and what a real Orthanc is told of it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Literal

import pydicom
import pytest

from bench import Bench, stored
from fetal_head.biometry import measure
from fetal_head.pacs.errors import PacsAwayError
from fetal_head.pacs.push import Pusher
from fetal_head.store.files.layout import Picture
from fetal_head.store.labels import history
from ultrasound import PHANTOM


@pytest.mark.parametrize("status", ["rejected", "approved"])
def test_a_label_that_is_another_for_a_moment_while_others_are_sent(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, status: Literal["rejected", "approved"]
) -> None:
    _, second = bench.two_labelled()
    real = bench.pacs.store

    def store(objects: Any) -> None:
        real(objects)
        history.set_status(bench.study.store, second, 1, status, "rev")

    with monkeypatch.context() as patch:
        patch.setattr(bench.pacs, "store", store)
        bench.pusher.push()
    history.set_status(bench.study.store, second, 1, "submitted", "rev")
    bench.pusher.push()
    assert bench.numbers() == ([1, 1], [1, 1])
    assert [report.PreliminaryFlag for report in bench.reports()] == ["PRELIMINARY"] * 2


def test_a_pixel_size_that_begins_to_count_is_sent(bench: Bench) -> None:
    image = bench.pulled()
    bench.study.update_image_info(image, {"spacing": [0.3, 0.3]})
    file = Path(bench.study.get_image_uri(image))
    dataset = pydicom.dcmread(file)
    dataset.PatientID = "another number, and a longer one"
    dataset.save_as(file)
    bench.study.refresh()
    # the size that was told was that of the file before
    bench.submit(image)
    bench.pusher.push()
    assert _lv_width(bench) == pytest.approx(measure(PHANTOM.mask, PHANTOM.spacing).lv_width, rel=1e-6)
    bench.study.update_image_info(image, {"spacing": [0.3, 0.3]})
    bench.pusher.push()
    assert _lv_width(bench) == pytest.approx(measure(PHANTOM.mask, (0.3, 0.3)).lv_width, rel=1e-6)


def test_a_file_that_nobody_could_read_yet_is_waited_for(bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    uids = stored(bench.orthanc, tmp_path)
    bench.puller.pull()
    bench.submit(uids["grey"])
    bench.pusher.push()
    ((first,), _) = bench.counting()
    history.set_status(bench.study.store, uids["grey"], 1, "approved", "rev")
    with monkeypatch.context() as patch:
        patch.setattr(bench.pacs, "store", _away)
        with pytest.raises(PacsAwayError):
            bench.pusher.push()
    with monkeypatch.context() as patch:
        _touch(bench, uids["grey"], patch)
        bench.submit(uids["rgb"])
        bench.pusher.push()
        Pusher(bench.pacs, bench.study.store, bench.settings).push()
        segmentations, reports = bench.counting()
        assert {s.SourceImageSequence[0].ReferencedSOPInstanceUID for s in segmentations} == {uids["grey"], uids["rgb"]}
        assert [report.PreliminaryFlag for report in reports] == ["PRELIMINARY"] * 2
    bench.study.refresh()
    bench.pusher.push()
    segmentations, reports = bench.counting()
    assert first.SOPInstanceUID in [s.SOPInstanceUID for s in segmentations]
    assert sorted(report.PreliminaryFlag for report in reports) == ["FINAL", "PRELIMINARY"]


@pytest.mark.parametrize("what", ["image", "label"])
def test_what_is_taken_away_is_withdrawn_though_nobody_could_read_the_file(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    image = bench.sent()
    _touch(bench, image, monkeypatch)
    if what == "image":
        Path(bench.study.get_image_uri(image)).unlink()
        bench.study.refresh()
    else:
        history.set_status(bench.study.store, image, 1, "rejected", "rev")
    bench.pusher.push()
    assert bench.counting() == ([], [])


def _away(objects: Any) -> None:
    raise PacsAwayError("the PACS does not answer")


def _touch(bench: Bench, image: str, patch: pytest.MonkeyPatch) -> None:
    """Makes the file of an image look like another one, which nobody may read."""
    real = Picture.digest

    def digest(picture: Picture) -> str | None:
        if picture.path.stem == image:
            raise PermissionError(13, "Permission denied")
        return real(picture)

    patch.setattr(Picture, "digest", digest)
    os.utime(bench.study.get_image_uri(image))
    bench.study.refresh()


def _lv_width(bench: Bench) -> float:
    (_, (report,)) = bench.counting()
    groups = report.content.get_planar_roi_measurement_groups()
    found = {measurement.name.meaning: measurement.value for group in groups for measurement in group.get_measurements()}
    return float(found["Lateral Ventricle width"])
