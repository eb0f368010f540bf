"""A study is made of a backup again: by two at once, of whom one makes it and the other leaves it alone, or after a failure."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

import pytest
from masks import assert_whole, submit, tables

from fetal_head.config import StoreSettings
from fetal_head.store.errors import StoreError
from fetal_head.store.recovery.backup import backup, restore_backup
from fetal_head.store.store import Store
from fetal_head.store.study import StudyDatastore

EMBEDDED = StoreSettings(database_url="embedded", lease_minutes=30, readers=1)


def test_the_second_does_not_clear_away_what_the_first_has_restored(
    study: StudyDatastore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    submit(study, "a", 1)
    backup(study.store, tmp_path / "backup")
    opened, refusals = Store.unclaimed, []

    def open_late(folder: Path, settings: StoreSettings) -> Store:
        # the first has found the folder empty, and nothing is in it yet
        if not refusals:
            refusals.append("")
            with pytest.raises(StoreError, match=r"is being made in .* already") as refused:
                restore_backup(tmp_path / "backup", tmp_path / "again", settings)
            refusals[0] = str(refused.value)
        return opened(folder, settings)

    monkeypatch.setattr(Store, "unclaimed", open_late)
    restored = restore_backup(tmp_path / "backup", tmp_path / "again", EMBEDDED)
    assert refusals
    assert tables(restored) == tables(study.store)
    assert_whole(restored)


@pytest.mark.parametrize("is_killed", [False, True])
def test_one_that_failed_can_be_made_again_with_the_same_database(
    folder: Path, settings: StoreSettings, tmp_path: Path, is_killed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk, a file that cannot be read: the database was that of a study that is not there."""
    study = StudyDatastore(str(folder), EMBEDDED)
    submit(study, "a", 1)
    backup(study.store, tmp_path / "backup")
    if is_killed:
        if (child := os.fork()) == 0:
            shutil.copy2 = lambda *_: os._exit(7)  # type: ignore[assignment]
            restore_backup(tmp_path / "backup", tmp_path / "again", settings)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
        shutil.rmtree(tmp_path / "again")
    else:
        with monkeypatch.context() as patched:
            patched.setattr(shutil, "copy2", _fill)
            with pytest.raises(StoreError, match="the disk is full"):
                restore_backup(tmp_path / "backup", tmp_path / "again", settings)
    restored = restore_backup(tmp_path / "backup", tmp_path / "again", settings)
    assert tables(restored) == tables(study.store)
    assert_whole(restored)
    StudyDatastore(str(tmp_path / "again"), settings)


def _fill(*_: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
