"""What 3D Slicer is told of an image whose file somebody has just taken away, or that cannot be read."""

from __future__ import annotations

from pathlib import Path

import pytest
from fastapi import HTTPException

from fetal_head.server.routes.sample import for_slicer


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
