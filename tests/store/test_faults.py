"""What goes wrong with disks and databases ends in one sentence that says what to do, and nothing is lost."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import HTTPException
from masks import MASK, assert_whole, mask_of, submit, tables
from numpy.testing import assert_array_equal

from fetal_head.config import StoreSettings
from fetal_head.imaging import read_mask
from fetal_head.store.intake import rebuild
from fetal_head.store.settling import FINAL
from fetal_head.store.study import StudyDatastore
from pictures import speckle, write_picture

EMBEDDED = StoreSettings(database_url="embedded", lease_minutes=30, readers=1)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A study on a disk of 1 MB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)], capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip("a small disk can only be made by root, and not in every container")
    try:
        (disk / "study").mkdir()
        for name in "ab":
            write_picture(disk / "study" / f"{name}.png", speckle(*MASK.shape))
        yield disk
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)


def test_a_full_disk_refuses_what_is_new_and_keeps_what_is_old(small_disk: Path) -> None:
    study = StudyDatastore(str(small_disk / "study"), EMBEDDED)
    submit(study, "a", 1)
    before = tables(study.store)
    ballast = small_disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        file.write(b"\0" * 2**20)
    with ballast.open("ab", buffering=0) as file, pytest.raises(OSError, match="No space left"):
        file.write(b"\0" * 4096)
    for number in (2, 3):
        with pytest.raises(HTTPException, match="the disk is full") as refused:
            submit(study, "b", number)
        assert refused.value.status_code == 507
    assert tables(study.store) == before
    ballast.unlink()
    assert_whole(study.store)
    submit(study, "b", 4)
    assert_array_equal(read_mask(study.get_label_uri("a", FINAL)), mask_of(1))
    assert_array_equal(read_mask(study.get_label_uri("b", FINAL)), mask_of(4))
    assert_whole(study.store)
    study.store.database.close()


@pytest.mark.parametrize("where", ["header", "middle", "all"])
def test_a_damaged_database_is_named_and_made_again(folder: Path, where: str) -> None:
    study = StudyDatastore(str(folder), EMBEDDED)
    for number, image in enumerate("abca"):
        submit(study, image, number)
    before = tables(study.store)
    study.store.database.close()
    database = folder / ".fetal_head/store.sqlite"
    size = database.stat().st_size
    start, end = {"header": (0, 100), "middle": (4096, size), "all": (0, size)}[where]
    with database.open("r+b") as file:
        file.seek(start)
        file.write(os.urandom(end - start))
    with pytest.raises(ValueError, match=r"store\.sqlite is damaged .*fetal-head store rebuild"):
        StudyDatastore(str(folder), EMBEDDED)
    store = rebuild(folder, EMBEDDED)
    assert tables(store) == before
    assert_whole(store)
    assert database.with_name("store.sqlite.damaged").exists()


def test_a_study_that_cannot_be_written_says_so(folder: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may write anywhere")
    folder.chmod(0o555)
    try:
        with pytest.raises(ValueError, match="cannot be written, the access is denied: the store has to write there"):
            StudyDatastore(str(folder), EMBEDDED)
    finally:
        folder.chmod(0o755)


def test_a_database_that_does_not_answer_is_named_without_its_password(folder: Path) -> None:
    settings = EMBEDDED.model_copy(update={"database_url": "postgresql+psycopg://me:secret@127.0.0.1:1/study"})
    with pytest.raises(ValueError, match="gives no answer; is it running") as refused:
        StudyDatastore(str(folder), settings)
    assert "secret" not in str(refused.value)


def test_an_error_in_the_middle_leaves_files_and_database_as_they_were(
    study: StudyDatastore, monkeypatch: pytest.MonkeyPatch
) -> None:
    submit(study, "a", 1)
    submit(study, "b", 1)
    before = tables(study.store)

    def fail(*_: object) -> None:
        raise MemoryError

    for place in ("fetal_head.store.submissions.settle", "fetal_head.store.store.FileChanges.finish"):
        with monkeypatch.context() as patch:
            patch.setattr(place, fail)
            with pytest.raises(MemoryError):
                submit(study, "a", 2)
            with pytest.raises(MemoryError):
                study.remove_label("b", FINAL)
        assert tables(study.store) == before
        assert_whole(study.store)
