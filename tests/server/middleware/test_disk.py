"""A disk that takes nothing more is told of, whatever was to be written there."""

from __future__ import annotations

import errno
import tempfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from PIL import Image

from fetal_head.model.registry import Registry
from fetal_head.model.weights import load_weights
from fetal_head.server.middleware.disk import install_disk
from fetal_head.server.routes.sessions import session_routes
from fetal_head.server.sessions import Sessions
from pictures import speckle
from small_disks import small_disk_at


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk that has room for a few kilobytes."""
    with small_disk_at(tmp_path / "disk", "64k") as disk:
        yield disk


def _client(application: FastAPI) -> TestClient:
    application.state.login = None
    install_disk(application)
    return TestClient(application, raise_server_exceptions=False)


def test_an_image_for_a_session_and_a_model_find_a_full_disk(full_disk: Path) -> None:
    application = FastAPI()
    application.include_router(session_routes(Sessions(full_disk / "sessions", 60)))
    registry = Registry(full_disk / "models")
    application.post("/model")(lambda: registry.add(*load_weights(registry.current().path)))
    client, picture = _client(application), BytesIO()
    Image.fromarray(speckle(400, 400)).save(picture, "png")
    for answer in (client.put("/session/", files={"files": ("a.png", picture.getvalue())}), client.post("/model")):
        assert answer.status_code == 507
        assert "cannot be written, the disk is full: make room and try again" in answer.json()["detail"]


def test_another_error_of_the_system_is_none_of_the_disk() -> None:
    application = FastAPI()

    @application.get("/")
    def fail() -> None:
        raise OSError(errno.EMFILE, "Too many open files")

    assert _client(application).get("/").status_code == 500


def test_what_is_sent_finds_a_full_disk_while_it_comes(full_disk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files that are too large for the memory are put onto the disk before anybody has looked at them."""
    monkeypatch.setattr(tempfile, "tempdir", str(full_disk))
    application = FastAPI()
    application.include_router(session_routes(Sessions(full_disk / "sessions", 60)))
    answer = _client(application).put("/session/", files={"files": ("a.png", bytes(2_000_000))})
    assert answer.status_code == 507
    assert "cannot be written, the disk is full: make room and try again" in answer.json()["detail"]
