"""Uploaded images, and their end."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path
from uuid import uuid4

import pytest
from fastapi import HTTPException

from fetal_head.server import sessions as module
from fetal_head.server.sessions import FACTS, Sessions
from small_disks import small_disk_at


def _upload(folder: Path, content: bytes = b"image") -> Path:
    path = folder / "upload.nii.gz"
    path.write_bytes(content)
    return path


def _age(folder: Path, seconds: float) -> None:
    past = time.time() - seconds
    os.utime(folder / FACTS, (past, past))


def test_a_session_keeps_its_image_until_nobody_asked_for_so_long(tmp_path: Path) -> None:
    sessions = Sessions(tmp_path / "sessions", minutes=1)
    session = sessions.add(_upload(tmp_path))
    assert (session.image.name, session.image.read_bytes()) == ("image.nii.gz", b"image")
    _age(session.folder, 50)
    assert sessions.find(session.folder.name).last_access < time.time() - 40
    sessions.image(session.folder.name)
    sessions.remove_expired()
    assert sessions.find(session.folder.name).last_access > time.time() - 10
    _age(session.folder, 70)
    with pytest.raises(HTTPException, match="no such session"):
        sessions.image(session.folder.name)
    sessions.remove_expired()
    assert not session.folder.exists()


@pytest.mark.parametrize(("asked", "expiry"), [(0, 60), (-5, 60), (10, 10), (10**9, 60)])
def test_nobody_makes_a_session_longer(tmp_path: Path, asked: int, expiry: int) -> None:
    assert Sessions(tmp_path / "sessions", minutes=1).add(_upload(tmp_path), asked).expiry == expiry


def test_what_an_earlier_run_left_is_removed(tmp_path: Path) -> None:
    session = Sessions(tmp_path / "sessions", minutes=1).add(_upload(tmp_path))
    torn = tmp_path / "sessions" / f".{uuid4()}"
    torn.mkdir()
    for folder in (session.folder, torn):
        _age(session.folder, 70)
        os.utime(folder, (0, 0))
    later = Sessions(tmp_path / "sessions", minutes=1)
    kept = later.add(_upload(tmp_path))
    later.remove_expired()
    assert [path.name for path in (tmp_path / "sessions").iterdir()] == [kept.folder.name]


@pytest.mark.parametrize(
    "session_id",
    [
        "",
        ".",
        "..",
        "../sessions",
        "e2dc196c-eb72-11f1-8ef0-02fc00000001",
        "3ff53a35-d8af-4b12-95fa-0e8992fb2687",
        "98F851A0-726B-40A1-B483-D9FCEAA5933C",
        "x" * 36,
    ],
)
def test_ids_that_the_server_did_not_give_are_refused(tmp_path: Path, session_id: str) -> None:
    sessions = Sessions(tmp_path, minutes=1)
    (tmp_path / FACTS).write_text('{"created": 1, "expiry": 10}')
    (tmp_path / "image.png").touch()
    for ask in (sessions.find, sessions.image, sessions.remove):
        with pytest.raises(HTTPException, match="no such session"):
            ask(session_id)


def test_a_removed_session_is_gone(tmp_path: Path) -> None:
    sessions = Sessions(tmp_path / "sessions", minutes=1)
    session = sessions.add(_upload(tmp_path))
    assert str(tmp_path) not in str(sessions.remove(session.folder.name).facts)
    with pytest.raises(HTTPException, match="no such session"):
        sessions.remove(session.folder.name)


def test_what_another_request_took_away_meanwhile_is_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sessions = Sessions(tmp_path / "sessions", minutes=1)
    kept, lost = (sessions.add(_upload(tmp_path)).folder for _ in range(2))
    read = module._read

    def read_and_lose(folder: Path) -> object:
        found = read(folder)
        if folder == lost:
            shutil.rmtree(folder, ignore_errors=True)
        return found

    making = tmp_path / "sessions" / f".{uuid4()}"
    making.mkdir()
    monkeypatch.setattr(module, "_read", lambda folder: making.rmdir() if folder == making else read_and_lose(folder))
    with pytest.raises(HTTPException, match="no such session"):
        sessions.image(lost.name)
    sessions.remove_expired()
    assert list((tmp_path / "sessions").iterdir()) == [kept]


def test_an_image_for_which_there_is_no_room_takes_none(tmp_path: Path) -> None:
    with small_disk_at(tmp_path / "disk", "1m") as disk:
        sessions = Sessions(disk / "sessions", minutes=60)
        kept = sessions.add(_upload(tmp_path, bytes(700_000)))
        with pytest.raises(OSError, match="No space left"):
            sessions.add(_upload(tmp_path, bytes(700_000)))
        assert [*(disk / "sessions").iterdir()] == [kept.folder]
        sessions.add(_upload(tmp_path, bytes(100_000)))


def test_a_clock_that_is_set_back_ends_no_session(tmp_path: Path) -> None:
    sessions = Sessions(tmp_path / "sessions", minutes=1)
    session = sessions.add(_upload(tmp_path))
    _age(session.folder, -3600)
    sessions.remove_expired()
    assert sessions.find(session.folder.name).image == session.image
