"""What is left behind by a prediction."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from fastapi import HTTPException

from fetal_head.config import StoreSettings
from fetal_head.files import WRITING, temporary_in
from fetal_head.imaging import read_image, read_mask
from fetal_head.store.errors import StoreError
from fetal_head.store.study import StudyDatastore
from fetal_head.tasks.infer import Infer
from pictures import speckle, three_structures, write_dicom, write_picture
from small_disks import small_disk_at


class _Predictor:
    def predict(self, _: object) -> Any:
        return SimpleNamespace(mask=three_structures(60, 90), version="v1", confidence=dict.fromkeys(("BRAIN", "CSP", "LV"), 1.0))


def test_the_mask_is_a_file_of_its_own_and_none_is_left_when_the_answer_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "study").mkdir()
    image = write_picture(tmp_path / "study" / "a.png", speckle(60, 90))
    study = StudyDatastore(str(tmp_path / "study"), StoreSettings(database_url="embedded", lease_minutes=30, readers=1))
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    infer = Infer(_Predictor(), study)
    for busy in ("fetal_head.tasks.infer.renew", "fetal_head.store.study.StudyDatastore.spacing_of"):
        with monkeypatch.context() as patch:
            patch.setattr(busy, _busy)
            with pytest.raises(HTTPException) as refused:
                infer({"image": str(image)})
            assert refused.value.status_code == 503
    assert [*(tmp_path / "temporary").iterdir()] == []
    file, told = infer({"image": str(image)})
    assert [*(tmp_path / "temporary").iterdir()] == [Path(file)]
    assert (read_mask(file) == three_structures(60, 90)).all()
    assert told["model_version"] == "v1"


def test_no_room_among_the_temporary_files_is_no_fault_of_the_image(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "study").mkdir()
    image = write_dicom(tmp_path / "study" / "a.dcm", speckle(60, 90))
    study = StudyDatastore(str(tmp_path / "study"), StoreSettings(database_url="embedded", lease_minutes=30, readers=1))
    with small_disk_at(tmp_path / "temporary", "4k") as full:
        (full / "other").write_bytes(bytes(4096))
        monkeypatch.setattr("tempfile.tempdir", str(full))
        with pytest.raises(StoreError, match=r"temporary.* cannot be written, the disk is full") as refused:
            Infer(_Predictor(), study)({"image": str(image)})
    assert refused.value.status_code == 507


def test_what_a_killed_server_was_writing_is_cleared_away_by_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    (tmp_path / f"{WRITING}killed.nrrd").touch()
    (tmp_path / "somebody's").touch()
    with temporary_in(tmp_path) as held:
        Infer(_Predictor(), SimpleNamespace())
        assert {*tmp_path.iterdir()} == {held, tmp_path / "somebody's"}


def test_masks_that_a_killed_server_did_not_send_are_cleared_away_and_those_of_another_are_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "study").mkdir()
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    image = write_picture(tmp_path / "study" / "a.png", speckle(60, 90))
    study = StudyDatastore(str(tmp_path / "study"), StoreSettings(database_url="embedded", lease_minutes=30, readers=1))
    infer = Infer(_Predictor(), study)
    unsent, sent_now = (Path(infer({"image": str(image)})[0]) for _ in range(2))
    notes = tmp_path / "temporary/fetal-head-notes-of-somebody.txt"
    notes.touch()
    for old in (unsent, notes):
        os.utime(old, (0, time.time() - 2 * 3600))
    Infer(_Predictor(), study)
    assert {*(tmp_path / "temporary").iterdir()} == {sent_now, notes}


@pytest.mark.parametrize("when", ["it is read", "it is predicted"])
def test_a_mask_is_not_measured_in_the_millimetres_of_a_picture_that_came_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    (tmp_path / "study").mkdir()
    study = StudyDatastore(str(tmp_path / "study"), StoreSettings(database_url="embedded", lease_minutes=30, readers=1))
    before, after = (write_picture(tmp_path / f"{name}.png", speckle(60, 90, seed)) for seed, name in enumerate("xy"))
    study.add_image("a", str(before), {"spacing": [0.1, 0.1]})

    def replace_once_done(call: Callable[..., Any]) -> Callable[..., Any]:
        def called(*arguments: object) -> Any:
            found = call(*arguments)
            study.remove_image("a")
            study.add_image("a", str(after), {"spacing": [0.3, 0.3]})
            return found

        return called

    predictor = _Predictor()
    infer = Infer(predictor, study)
    if when == "it is read":
        monkeypatch.setattr("fetal_head.tasks.infer.read_image", replace_once_done(read_image))
        with pytest.raises(HTTPException, match="409: the image was replaced"):
            infer({"image": study.get_image_uri("a")})
    else:
        monkeypatch.setattr(predictor, "predict", replace_once_done(predictor.predict))
        assert infer({"image": study.get_image_uri("a")})[1]["pixel_size_mm"] == (0.1, 0.1)
    assert study.get_image_info("a")["spacing"] == [0.3, 0.3]


def _busy(*_: object) -> None:
    raise StoreError(503, "the database was busy for too long; try again")
