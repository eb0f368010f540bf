"""A backup that is brought up to date, or made while files change, holds the files that its tables name."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from masks import MASK, submit, tables
from PIL import Image as PillowImage

from fetal_head.config import StoreSettings
from fetal_head.store.recovery.backup import backup, restore_backup
from fetal_head.store.study import StudyDatastore
from pictures import speckle

EMBEDDED = StoreSettings(database_url="embedded", lease_minutes=30, readers=1)


@pytest.fixture
def x(study: StudyDatastore) -> Path:
    """Image x of the study."""
    return _bitmap(study.store.layout.folder / "x.bmp", 1)


@pytest.fixture
def y(tmp_path: Path) -> Path:
    """Another picture of its size in bytes, with a time of its own."""
    return _bitmap(tmp_path / "y.bmp", 2)


def _bitmap(path: Path, seed: int) -> Path:
    PillowImage.fromarray(speckle(*MASK.shape, seed=seed)).save(path)
    os.utime(path, (1_000_000_000 + seed, 1_000_000_000 + seed))
    return path


def test_a_picture_that_got_the_name_of_one_of_its_size_and_time_is_copied(
    study: StudyDatastore, x: Path, y: Path, tmp_path: Path
) -> None:
    """As after `mv y.bmp x.bmp`, of what was unpacked from an archive with one time."""
    os.utime(y, ns=(x.stat().st_mtime_ns,) * 2)
    study.refresh()
    submit(study, "x", 1)
    backup(study.store, tmp_path / "backup")
    y.replace(x)
    study.refresh()
    submit(study, "x", 2)
    assert backup(study.store, tmp_path / "backup").missing == []
    restore_backup(tmp_path / "backup", tmp_path / "again", EMBEDDED)
    assert (tmp_path / "again/x.bmp").read_bytes() == x.read_bytes()
    again = StudyDatastore(str(tmp_path / "again"), EMBEDDED)
    assert tables(again.store) == tables(study.store), "the label is of the picture that is there"


def test_a_picture_that_is_replaced_while_it_is_copied_is_copied_the_next_time(
    study: StudyDatastore, x: Path, y: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would have the bytes of the one and the time of the other."""
    study.refresh()
    copystat = shutil.copystat

    def meanwhile(source: Path, to: Path, *, follow_symlinks: bool = True) -> None:
        if Path(source) == x:
            y.replace(x)
        copystat(source, to, follow_symlinks=follow_symlinks)

    with monkeypatch.context() as patched:
        patched.setattr(shutil, "copystat", meanwhile)
        backup(study.store, tmp_path / "backup")
    assert (tmp_path / "backup/x.bmp").read_bytes() != x.read_bytes()
    backup(study.store, tmp_path / "backup")
    assert (tmp_path / "backup/x.bmp").read_bytes() == x.read_bytes()
