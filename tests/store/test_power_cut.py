"""After a power cut a file that nobody has waited for may hold anything: it is never believed, and never a new submission."""

from __future__ import annotations

import os
from hashlib import sha256
from pathlib import Path

import pytest
from masks import assert_whole, mask_of, submit, tables
from numpy.testing import assert_array_equal

from fetal_head.imaging import read_mask
from fetal_head.store.files.changes import UNSETTLED
from fetal_head.store.intake.scan import take_in
from fetal_head.store.labels.history import entries
from fetal_head.store.labels.settling import FINAL
from fetal_head.store.study import StudyDatastore
from pictures import write_itk

# what a disk may have of a file after a power cut
RESTS = {
    "nothing": lambda content: b"",
    "zeros": lambda content: bytes(len(content)),
    "a part": lambda content: content[: len(content) // 2] + bytes(len(content) - len(content) // 2),
    "all": lambda content: content,
}


def _leave(plain: Path, content: bytes) -> None:
    plain.write_bytes(content)
    os.utime(plain, ns=(UNSETTLED, UNSETTLED))


@pytest.mark.parametrize("rest", RESTS)
def test_a_label_that_was_cut_off_is_put_back(study: StudyDatastore, folder: Path, rest: str) -> None:
    submit(study, "a", 1)
    submit(study, "a", 2)
    plain = folder / "labels/final/a.nrrd"
    assert plain.stat().st_mtime_ns == UNSETTLED, "nobody has waited for it"
    _leave(plain, RESTS[rest](plain.read_bytes()))
    before = tables(study.store)
    for _ in range(2):
        take_in(study.store)
    assert tables(study.store) == before
    assert_array_equal(read_mask(plain), mask_of(2))
    assert plain.stat().st_mtime_ns == before["submissions"][1]["mtime_ns"]
    assert_whole(study.store)


def test_an_older_label_that_was_not_replaced_on_disk_is_put_right(study: StudyDatastore, folder: Path) -> None:
    submit(study, "a", 1)
    plain = folder / "labels/final/a.nrrd"
    older = plain.read_bytes()
    submit(study, "a", 2)
    _leave(plain, older)
    for _ in range(2):
        take_in(study.store)
    assert_array_equal(read_mask(plain), mask_of(2))
    assert len(entries(study.store, "a")) == 2


@pytest.mark.parametrize("rest", RESTS)
def test_a_label_that_was_never_acknowledged_is_no_label(study: StudyDatastore, folder: Path, rest: str) -> None:
    submit(study, "a", 1)
    content = (folder / "labels/final/a.nrrd").read_bytes()
    _leave(folder / "labels/final/b.nrrd", RESTS[rest](content))
    take_in(study.store)
    assert not (folder / "labels/final/b.nrrd").exists()
    assert study.get_labeled_images() == ["a"]
    assert_whole(study.store)


def test_a_submission_whose_commit_was_missing_is_taken_in_whole(study: StudyDatastore, folder: Path) -> None:
    submit(study, "a", 1)
    pictures = [sha256((folder / name).read_bytes()).hexdigest().encode() for name in ("a.png", "b.png")]
    for name in ("0001.nrrd", "0001.json"):
        (folder / "labels/history/b").mkdir(exist_ok=True)
        (folder / "labels/history/b" / name).write_bytes((folder / "labels/history/a" / name).read_bytes().replace(*pictures))
    _leave(folder / "labels/final/b.nrrd", b"")
    for _ in range(2):
        take_in(study.store)
    assert study.get_labeled_images() == ["a", "b"]
    assert_array_equal(read_mask(study.get_label_uri("b", FINAL)), mask_of(1))
    assert_whole(study.store)


def test_what_a_person_draws_meanwhile_is_a_new_submission(study: StudyDatastore, folder: Path) -> None:
    submit(study, "a", 1)
    write_itk(folder / "labels/final/a.nrrd", mask_of(5))
    take_in(study.store)
    assert len(entries(study.store, "a")) == 2
    assert_array_equal(read_mask(study.get_label_uri("a", FINAL)), mask_of(5))


def test_a_submission_waits_for_the_disk_no_more_than_it_must(study: StudyDatastore, monkeypatch: pytest.MonkeyPatch) -> None:
    submit(study, "b", 1)
    waited: list[str] = []
    fsync = os.fsync

    def note(handle: int) -> None:
        path = Path(os.readlink(f"/proc/self/fd/{handle}"))
        waited.append(path.parent.name if path.name.startswith(".writing-") else path.name)
        fsync(handle)

    monkeypatch.setattr(os, "fsync", note)
    submit(study, "a", 1)
    assert sorted(waited) == [".writing", ".writing", "a", "history"], "mask, facts, their folder, and its name in the history"
    waited.clear()
    submit(study, "a", 2)
    assert sorted(waited) == [".writing", ".writing", "a"]
