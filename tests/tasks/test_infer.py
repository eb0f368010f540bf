"""What is left behind by a prediction."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from fastapi import HTTPException

from fetal_head.config import StoreSettings
from fetal_head.files import WRITING, temporary_in
from fetal_head.imaging import read_mask
from fetal_head.store.errors import StoreError
from fetal_head.store.study import StudyDatastore
from fetal_head.tasks.infer import Infer
from pictures import speckle, three_structures, write_picture


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
    with monkeypatch.context() as patch:
        patch.setattr("fetal_head.tasks.infer.renew", _busy)
        with pytest.raises(HTTPException):
            infer({"image": str(image)})
    assert [*(tmp_path / "temporary").iterdir()] == []
    file, told = infer({"image": str(image)})
    assert [*(tmp_path / "temporary").iterdir()] == [Path(file)]
    assert (read_mask(file) == three_structures(60, 90)).all()
    assert told["model_version"] == "v1"


def test_what_a_killed_server_was_writing_is_cleared_away_by_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    (tmp_path / f"{WRITING}killed.nrrd").touch()
    (tmp_path / "somebody's").touch()
    with temporary_in(tmp_path) as held:
        Infer(_Predictor(), SimpleNamespace())
        assert {*tmp_path.iterdir()} == {held, tmp_path / "somebody's"}


def _busy(*_: object) -> None:
    raise StoreError(503, "the database was busy for too long; try again")
