"""What 3D Slicer is told of an image whose file somebody has just taken away, or that cannot be read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from fastapi import FastAPI, HTTPException
from fastapi.testclient import TestClient
from httpx import Response

from fetal_head.config import StoreSettings
from fetal_head.server.routes.sample import for_slicer
from fetal_head.server.routes.viewer import viewer_routes
from fetal_head.server.turns import Turns
from fetal_head.store.dicom.instances import Instances
from fetal_head.store.study import StudyDatastore
from fetal_head.store.worklist.pools import Pools
from fetal_head.tasks.strategies import suggestions
from pictures import speckle, write_picture


def test_an_image_that_is_gone_is_told_of_in_a_sentence(tmp_path: Path) -> None:
    sample = {"id": "Anna", "path": str(tmp_path / "Anna.png")}
    with pytest.raises(HTTPException, match="the file of the image 'Anna' is gone from the study folder") as refused:
        for_slicer(sample, tmp_path / "links")
    assert refused.value.status_code == 503
    (tmp_path / "Anna.png").write_bytes(b"image")
    assert for_slicer(sample, tmp_path / "links")["name"].startswith("Anna-")


def test_a_server_of_another_study_changes_no_path_that_was_told(tmp_path: Path) -> None:
    told = []
    for study in ("first", "second"):
        (tmp_path / study).mkdir()
        (tmp_path / study / "010_HC.png").write_bytes(study.encode())
        sample = {"id": "010_HC", "path": str(tmp_path / study / "010_HC.png")}
        told.append(for_slicer(sample, tmp_path / "links")["path"])
    assert [Path(path).read_text() for path in told] == ["first", "second"]


def test_an_image_that_cannot_be_read_is_told_of_in_a_sentence(tmp_path: Path) -> None:
    # as a file without the right to read is, but for root
    (tmp_path / "Anna.png").mkdir()
    with pytest.raises(HTTPException, match="cannot be read") as refused:
        for_slicer({"id": "Anna", "path": str(tmp_path / "Anna.png")}, tmp_path / "links")
    assert refused.value.status_code == 503


def test_who_asks_is_given_neither_an_image_that_cannot_be_read_nor_the_one_before_him(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "study").mkdir()
    for name in "abc":
        write_picture(tmp_path / "study" / f"{name}.png", speckle(60, 90))
    study = StudyDatastore(str(tmp_path / "study"), StoreSettings(database_url="embedded", lease_minutes=30, readers=1))
    first = suggestions(Pools(study.store))["first"]
    app: Any = SimpleNamespace(
        app_dir=str(tmp_path),
        info=lambda: {"strategies": {"first": {}}},
        next_sample=lambda request: first(request, study),
        datastore=lambda: study,
    )
    application = FastAPI()
    application.state.login = None
    application.include_router(viewer_routes(app, Instances(study.store, named=False), Turns()))
    client = TestClient(application)

    def asked(**params: str) -> Response:
        return client.post("/activelearning/first", json={"client_id": "ann", **params})

    def read(path: Path, read_bytes: Callable[[Path], bytes] = Path.read_bytes) -> bytes:
        if path.name == "b.png":
            raise PermissionError(13, "Permission denied", str(path))
        return read_bytes(path)

    assert asked().json()["id"] == "a"
    monkeypatch.setattr(Path, "read_bytes", read)
    assert asked(leaving="a").json()["id"] == "c"
    (tmp_path / "study" / "c.png").unlink()
    assert asked(leaving="a").status_code == 503
    assert asked(leaving="a").json()["id"] == "a", "there is no other one"
    (tmp_path / "study" / "a.png").unlink()
    assert asked().status_code == 503
