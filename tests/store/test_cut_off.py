"""A process that is killed, or a disk that fills up, between the files of a change and its commit: it never happened."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from masks import assert_whole, submit, tables
from sqlalchemy.orm import Session

from fetal_head.config import StoreSettings
from fetal_head.store.files.changes import ALTERING
from fetal_head.store.intake.scan import rebuild
from fetal_head.store.labels.history import set_status
from fetal_head.store.study import StudyDatastore

CHANGES: dict[str, Callable[[StudyDatastore], object]] = {
    "a label is deleted": lambda study: study.remove_label("a", "final"),
    "a label is rejected": lambda study: set_status(study.store, "a", 2, "rejected", "ben"),
    "a label is approved": lambda study: set_status(study.store, "a", 2, "approved", "ben"),
    "a label is told of": lambda study: study.update_label_info("a", "final", {"annotated": ["BRAIN"]}),
    "an image is told of": lambda study: study.update_image_info("a", {"patient": "P2", "spacing": [0.2, 0.2]}),
    "an image is removed": lambda study: study.remove_image("a"),
    "an image without a label is removed": lambda study: study.remove_image("c"),
}


@pytest.fixture
def before(study: StudyDatastore) -> dict[str, object]:
    """All of a study with two labels of an image of which something is known."""
    study.update_image_info("a", {"patient": "P1"})
    submit(study, "a", 1)
    submit(study, "a", 2)
    return dict(tables(study.store))


def _killed(folder: Path, settings: StoreSettings, change: Callable[[StudyDatastore], object], commits: int = 0) -> None:
    """In a process of its own, which ends just before a commit, after some others."""
    child = os.fork()
    if child == 0:
        study, commit, left = StudyDatastore(str(folder), settings), Session.commit, iter(range(commits))
        Session.commit = lambda session: os._exit(7) if next(left, None) is None else commit(session)  # type: ignore[method-assign]
        change(study)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7


def _notes(folder: Path) -> list[Path]:
    return [*(folder / "labels/.writing").glob(f"{ALTERING}*")]


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("is_rebuilt", [False, True])
def test_a_change_that_was_killed_before_its_commit_never_happened(
    folder: Path, settings: StoreSettings, before: dict[str, object], change: str, is_rebuilt: bool
) -> None:
    _killed(folder, settings, CHANGES[change])
    assert _notes(folder)
    store = rebuild(folder, settings) if is_rebuilt else StudyDatastore(str(folder), settings).store
    assert sorted(path.name for path in folder.glob("*.png")) == ["a.png", "b.png", "c.png"]
    assert tables(store) == before
    assert_whole(store)
    assert not _notes(folder)


@pytest.mark.parametrize("by_hand", [False, True])
@pytest.mark.parametrize("status", ["rejected", "approved"])
def test_a_review_of_an_image_that_is_away_was_killed_and_does_not_count_once_that_is_back(
    folder: Path, settings: StoreSettings, before: dict[str, object], by_hand: bool, status: str
) -> None:
    study, picture = StudyDatastore(str(folder), settings), (folder / "a.png").read_bytes()
    if by_hand:
        (folder / "a.png").unlink()
        study.refresh()
    else:
        study.remove_image("a")
    away = tables(study.store)
    _killed(folder, settings, lambda study: set_status(study.store, "a", 2, status, "ben"))
    study = StudyDatastore(str(folder), settings)
    assert tables(study.store) == away
    assert_whole(study.store)
    (folder / "a.png").write_bytes(picture)
    study.refresh()
    labelled = study.get_labeled_images()
    assert labelled == (["a"] if by_hand else [])
    assert StudyDatastore(str(rebuild(folder, settings).layout.folder), settings).get_labeled_images() == labelled
    assert not _notes(folder)


def test_an_upload_that_was_killed_before_its_commit_comes_in_with_what_was_said_of_it(
    folder: Path, settings: StoreSettings, before: dict[str, object], other: Path
) -> None:
    StudyDatastore(str(folder), settings).remove_image("a")
    _killed(folder, settings, lambda study: study.add_image("a", str(other), {"patient": "P3"}), commits=1)
    study = StudyDatastore(str(folder), settings)
    assert study.get_image_info("a")["patient"] == "P3"
    assert study.get_labeled_images() == []
    assert_whole(study.store)


@pytest.mark.parametrize("change", CHANGES)
def test_what_a_full_disk_does_not_take_back_is_put_right_by_the_next_look(
    study: StudyDatastore, folder: Path, before: dict[str, object], change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = Path.write_bytes

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def fill(*_: object) -> None:
        monkeypatch.setattr(Path, "write_bytes", full)
        full()

    with monkeypatch.context() as patch:
        patch.setattr("fetal_head.store.store.FileChanges.finish", fill)
        with pytest.raises(ValueError, match="the disk is full"):
            CHANGES[change](study)
    monkeypatch.setattr(Path, "write_bytes", write)
    study.refresh()
    assert tables(study.store) == before
    assert_whole(study.store)
    assert not _notes(folder)
