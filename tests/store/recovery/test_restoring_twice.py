"""Two who make a study of a backup in one folder at once: one makes it, and the other leaves it alone."""

from __future__ import annotations

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
    opened, refusals = Store.open, []

    def open_late(folder: Path, settings: StoreSettings) -> Store:
        # the first has found the folder empty, and nothing is in it yet
        if not refusals:
            refusals.append("")
            with pytest.raises(StoreError, match=r"is being made in .* already") as refused:
                restore_backup(tmp_path / "backup", tmp_path / "again", settings)
            refusals[0] = str(refused.value)
        return opened(folder, settings)

    monkeypatch.setattr(Store, "open", open_late)
    restored = restore_backup(tmp_path / "backup", tmp_path / "again", EMBEDDED)
    assert refusals
    assert tables(restored) == tables(study.store)
    assert_whole(restored)
