"""What 3D Slicer is told of an image whose file somebody has just taken away, or that cannot be read."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from fastapi import FastAPI, HTTPException
from fastapi.testclient import TestClient

from fetal_head.server.routes.sample import for_slicer
from fetal_head.server.routes.viewer import viewer_routes
from fetal_head.server.turns import Turns


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


def test_who_asks_is_not_given_an_image_that_cannot_be_read_for_ever(tmp_path: Path) -> None:
    (tmp_path / "b.png").write_bytes(b"image")
    asked: list[str] = []

    def next_sample(request: dict[str, Any]) -> dict[str, str]:
        asked.append(request.get("leaving", ""))
        name = {"": "a", "a": "b", "b": "a"}[asked[-1]]
        return {"id": name, "path": str(tmp_path / f"{name}.png")}

    study = SimpleNamespace(get_image_info=lambda _: {})
    app: Any = SimpleNamespace(
        app_dir=str(tmp_path), info=lambda: {"strategies": {"first": {}}}, next_sample=next_sample, datastore=lambda: study
    )
    instances: Any = SimpleNamespace(find=lambda image: [])
    application = FastAPI()
    application.state.login = None
    application.include_router(viewer_routes(app, instances, Turns()))
    client = TestClient(application)
    assert client.post("/activelearning/first", json={}).json()["id"] == "b"
    assert asked == ["", "a"]
    (tmp_path / "b.png").unlink()
    assert client.post("/activelearning/first", json={}).status_code == 503
