"""Images from a real Orthanc into a study folder."""

from __future__ import annotations

import logging
import resource
import time
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from numpy.testing import assert_array_equal
from pydicom.uid import generate_uid

from bench import Bench, stored
from fetal_head.imaging import read_image
from fetal_head.pacs.client import Instance
from fetal_head.pacs.errors import PacsAwayError, PacsRefusalError
from fetal_head.pacs.pull import Puller
from orthanc import Orthanc
from ultrasound import FRAMES, PHANTOM, damaged, odd

Uids = dict[str, str]


def test_every_kind_of_image_comes_with_its_grey_values_and_pixel_size(bench: Bench, tmp_path: Path) -> None:
    uids = stored(bench.orthanc, tmp_path)
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
    stored(bench.orthanc, tmp_path)
    bench.puller.pull()
    patients = {image: bench.study.get_image_info(image)["patient"] for image in bench.study.list_images()}
    assert len(set(patients.values())) == 2
    assert len({patient for image, patient in patients.items() if ".f" in image}) == 1
    assert not {"P-1", "P-2"} & set(patients.values())


def test_only_what_is_new_comes_and_what_was_removed_stays_away(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    uids = stored(bench.orthanc, tmp_path)
    bench.puller.pull()
    fetched: list[str] = []
    fetch = bench.pacs.fetch
    monkeypatch.setattr(bench.pacs, "fetch", lambda instance: fetched.append(instance.uid) or fetch(instance))
    bench.study.remove_image(uids["rgb"])
    # as after a restart, when nothing is remembered but the folder
    Puller(bench.pacs, bench.study.store, bench.settings).pull()
    assert fetched == []
    (tmp_path / "more").mkdir()
    more = stored(bench.orthanc, tmp_path / "more")
    bench.puller.pull()
    assert set(fetched) == set(more.values())
    assert uids["rgb"] not in bench.study.list_images()


def test_a_damaged_instance_is_named_and_holds_up_no_other(
    bench: Bench, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    bench.orthanc.put(damaged(tmp_path / "damaged.dcm"))
    uids = stored(bench.orthanc, tmp_path)
    with caplog.at_level(logging.WARNING):
        bench.puller.pull()
        bench.puller.pull()
    assert len(bench.study.list_images()) == len(uids) - 1 + FRAMES
    said = [record.getMessage() for record in caplog.records if "left out" in record.getMessage()]
    assert len(said) == 1
    assert "Quimby" not in caplog.text


def test_odd_instances_hold_up_no_other(bench: Bench, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    bench.orthanc.put(*odd(tmp_path))
    uids = stored(bench.orthanc, tmp_path)
    with caplog.at_level(logging.WARNING):
        bench.puller.pull()
    assert len(bench.study.list_images()) == len(uids) - 1 + FRAMES
    said = [record.getMessage() for record in caplog.records if "left out" in record.getMessage()]
    assert len(said) == 2


@pytest.mark.parametrize("status", [404, 500])
def test_what_the_pacs_does_not_hand_out_now_comes_later(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    monkeypatch.setattr("fetal_head.pacs.failures.FIRST_WAIT_SECONDS", 3.0)
    uids = stored(bench.orthanc, tmp_path)
    fetch, asked_for = bench.pacs.fetch, []

    def refusing(instance: Instance) -> bytes:
        asked_for.append(instance.uid)
        if instance.uid == uids["loop"]:
            raise PacsRefusalError("no", status)
        return fetch(instance)

    monkeypatch.setattr(bench.pacs, "fetch", refusing)
    with caplog.at_level(logging.WARNING):
        bench.puller.pull()
        bench.puller.pull()
        # the second wait is twice as long
        time.sleep(3)
        bench.puller.pull()
        bench.puller.pull()
    assert len(bench.study.list_images()) == len(uids) - 1
    assert (asked_for.count(uids["loop"]), len(asked_for)) == (2, len(uids) + 1)
    assert len([record for record in caplog.records if "left out" in record.getMessage()]) == 1
    monkeypatch.setattr(bench.pacs, "fetch", fetch)
    time.sleep(6)
    bench.puller.pull()
    assert len(bench.study.list_images()) == len(uids) - 1 + FRAMES


def test_one_that_came_for_one_that_went_is_found(bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fetal_head.pacs.pull.LOOK_AGAIN_SECONDS", 2.0)
    uids = stored(bench.orthanc, tmp_path)
    bench.puller.pull()
    images = set(bench.study.list_images())
    another = pydicom.dcmread(tmp_path / "grey.dcm")
    another.SOPInstanceUID = another.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    another.save_as(tmp_path / "another.dcm")
    (gone,) = bench.orthanc.ask("/tools/lookup", "POST", data=uids["grey"]).json()
    assert bench.orthanc.ask(gone["Path"], "DELETE").ok
    bench.orthanc.put(tmp_path / "another.dcm")
    time.sleep(2)
    bench.puller.pull()
    assert set(bench.study.list_images()) == images | {another.SOPInstanceUID}


def test_an_instance_at_which_the_pacs_breaks_off_holds_up_no_other(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    uids = stored(bench.orthanc, tmp_path)
    fetch = bench.pacs.fetch

    def breaking_off(instance: Instance) -> bytes:
        if instance.uid == uids["loop"]:
            raise PacsAwayError("the PACS answers 504 (Gateway Timeout)")
        return fetch(instance)

    monkeypatch.setattr(bench.pacs, "fetch", breaking_off)
    with pytest.raises(PacsAwayError):
        bench.puller.pull()
    bench.puller.pull()
    assert len(bench.study.list_images()) == len(uids) - 1


def test_a_disk_that_takes_no_file_stops_the_round(bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    uids = stored(bench.orthanc, tmp_path)
    fetched: list[Instance] = []
    fetch = bench.pacs.fetch
    monkeypatch.setattr(bench.pacs, "fetch", lambda instance: fetched.append(instance) or fetch(instance))
    allowed = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, allowed[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            bench.puller.pull()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, allowed)
    assert len(fetched) == 1
    bench.puller.pull()
    assert len(bench.study.list_images()) == len(uids) - 1 + FRAMES


def test_a_series_that_is_not_told_holds_up_no_other(bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fetal_head.pacs.failures.FIRST_WAIT_SECONDS", 0.0)
    uids = stored(bench.orthanc, tmp_path)
    first = next(bench.pacs.series())
    instances = bench.pacs.instances

    def refusing(study: str, series: str) -> Any:
        if series == first.uid:
            raise PacsRefusalError("no", 500)
        return instances(study, series)

    monkeypatch.setattr(bench.pacs, "instances", refusing)
    bench.puller.pull()
    assert 0 < len(bench.study.list_images()) < len(uids) - 1 + FRAMES
    monkeypatch.setattr(bench.pacs, "instances", instances)
    bench.puller.pull()
    assert len(bench.study.list_images()) == len(uids) - 1 + FRAMES


def test_of_a_loop_the_key_frame_alone(orthanc: Orthanc, tmp_path: Path) -> None:
    bench = Bench(orthanc, tmp_path, pacs_frames="key")
    uids = stored(orthanc, tmp_path)
    bench.puller.pull()
    bench.puller.pull()
    assert [image for image in bench.study.list_images() if ".f" in image] == [f"{uids['loop']}.f0002"]


def test_a_frame_that_was_taken_in_amid_a_crash_is_completed(bench: Bench, tmp_path: Path) -> None:
    uids = stored(bench.orthanc, tmp_path)
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


def test_a_wrong_password_is_said(orthanc: Orthanc, tmp_path: Path) -> None:
    bench = Bench(orthanc, tmp_path, pacs_user="mallory")
    with pytest.raises(PacsAwayError, match="answers 401"):
        bench.puller.pull()
