"""What a training that does not come about leaves behind."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from test_progress import ELSEWHERE

from fetal_head.config import StoreSettings
from fetal_head.model.registry import Registry
from fetal_head.store.labels.settling import FINAL
from fetal_head.store.study import StudyDatastore
from fetal_head.tasks.train import Train
from pictures import speckle, three_structures, write_dicom, write_itk, write_picture
from small_disks import small_disk_at
from small_labels import small_settings


@pytest.fixture
def study(tmp_path: Path) -> StudyDatastore:
    """One image with a label."""
    (tmp_path / "study").mkdir()
    write_picture(tmp_path / "study" / "scan.png", speckle(60, 90))
    study = StudyDatastore(str(tmp_path / "study"), StoreSettings(database_url="embedded", lease_minutes=30, readers=1))
    study.save_label("scan", str(write_itk(tmp_path / "mask.nrrd", three_structures(60, 90))), FINAL, {})
    return study


@pytest.fixture
def train(tmp_path: Path) -> Train:
    """The task of an app without models."""
    return Train(Registry(tmp_path / "models"), small_settings())


def test_one_that_is_refused_leaves_the_running_one_its_progress(train: Train, study: StudyDatastore, tmp_path: Path) -> None:
    command = [sys.executable, "-c", ELSEWHERE, str(tmp_path / "models"), "7"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "training\n"
        with pytest.raises(SystemExit, match="a training already runs"):
            train({"pretrained": False}, study)
        assert train.stats()["epoch"] == 7
        other.communicate("")


def test_one_that_is_not_to_begin_with_the_served_model_does_not(
    train: Train, study: StudyDatastore, monkeypatch: pytest.MonkeyPatch
) -> None:
    starts: list[object] = []
    monkeypatch.setattr("fetal_head.tasks.train.retrain", lambda *_, start, **__: starts.append(start))
    for said in (False, "false"):
        train({"pretrained": said}, study)
    assert starts == [None, None]


def test_one_that_fails_tells_nothing_of_the_one_before(train: Train, study: StudyDatastore, tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "train_stats.json").write_text('{"epoch": 7}')
    (tmp_path / "study" / "scan.png").write_bytes(b"damaged")
    with pytest.raises(SystemExit, match="The training was not started"):
        train({"pretrained": False}, study)
    assert "epoch" not in train.stats()


@pytest.mark.parametrize("room", ["4k", "64k"])
def test_one_for_which_there_is_no_room_says_so_and_goes_on_once_there_is(
    train: Train, study: StudyDatastore, tmp_path: Path, room: str
) -> None:
    # the lock takes nothing; a checkpoint is larger than either
    with small_disk_at(tmp_path / "models", room) as models:
        (models / "other").write_bytes(bytes(4096 if room == "4k" else 0))
        with pytest.raises(SystemExit, match=r"models.* the disk is full: make room and train again"):
            train({"pretrained": False}, study)
        subprocess.run(["mount", "-o", "remount,size=4m", str(models)], check=True)
        assert train({"pretrained": False}, study)["model_version"] == "v0001"


def test_no_label_is_left_out_for_want_of_room_among_the_temporary_files(
    train: Train, study: StudyDatastore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_dicom(tmp_path / "study" / "dicom.dcm", speckle(60, 90))
    study.refresh()
    study.save_label("dicom", str(tmp_path / "mask.nrrd"), FINAL, {})
    with small_disk_at(tmp_path / "temporary", "4k") as full:
        (full / "other").write_bytes(bytes(4096))
        monkeypatch.setattr("tempfile.tempdir", str(full))
        with pytest.raises(SystemExit, match=r"temporary.* the disk is full: make room and train again"):
            train({"pretrained": False}, study)
