"""A backup that is brought up to date, or made while files change, holds the files that its tables name."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from masks import MASK, assert_whole, submit, tables
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


def test_an_image_that_the_server_takes_out_while_others_are_copied_is_in_the_backup(
    study: StudyDatastore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    submit(study, "c", 1)
    before, copy, left = tables(study.store), shutil.copy2, ["c"]

    def meanwhile(source: Path, to: Path) -> None:
        copy(source, to)
        while left:
            study.remove_image(left.pop())

    monkeypatch.setattr(shutil, "copy2", meanwhile)
    assert backup(study.store, tmp_path / "backup").missing == []
    assert tables(restore_backup(tmp_path / "backup", tmp_path / "again", EMBEDDED)) == before


def test_a_file_that_vanishes_while_it_is_copied_is_missing_and_breaks_nothing_off(
    study: StudyDatastore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = shutil.copy2

    def meanwhile(source: Path, to: Path) -> None:
        if Path(source).name == "b.png":
            Path(source).unlink()
        copy(source, to)

    monkeypatch.setattr(shutil, "copy2", meanwhile)
    assert backup(study.store, tmp_path / "backup").missing == ["b.png"]
    assert sorted(path.name for path in (tmp_path / "backup").glob("*.png")) == ["a.png", "c.png"]


def test_an_earlier_picture_of_that_name_does_not_stand_in_for_one_that_is_gone(
    study: StudyDatastore, other: Path, tmp_path: Path
) -> None:
    """It can be of another patient."""
    study.remove_image("c")
    study.add_image("c", str(other), {})
    (study.store.layout.folder / "c.png").unlink()
    assert backup(study.store, tmp_path / "backup").missing == ["c.png"]
    assert not (tmp_path / "backup/c.png").exists()


def test_a_mask_that_the_disk_damaged_does_not_take_the_place_of_the_one_that_was_backed_up(
    study: StudyDatastore, tmp_path: Path
) -> None:
    for image in "ab":
        submit(study, image, 1)
    backup(study.store, tmp_path / "backup")
    kept = study.store.layout.kept("a", 1, ".nrrd")
    whole, short = kept.read_bytes(), kept.relative_to(study.store.layout.folder)
    # as a file system leaves it that was repaired after a power cut
    kept.chmod(0o644)
    kept.write_bytes(b"")
    for _ in range(2):
        assert backup(study.store, tmp_path / "backup").missing == [str(short)]
    assert (tmp_path / "backup" / short).read_bytes() == whole
    assert_whole(restore_backup(tmp_path / "backup", tmp_path / "restored", EMBEDDED))
