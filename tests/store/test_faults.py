"""What goes wrong with disks and databases ends in one sentence that says what to do, and nothing is lost."""

from __future__ import annotations

import os
import resource
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from io import BytesIO
from pathlib import Path

import pytest
from fastapi import HTTPException, UploadFile
from masks import MASK, assert_whole, mask_of, next_image, submit, tables
from numpy.testing import assert_array_equal

from fetal_head.config import StoreSettings
from fetal_head.imaging import read_mask
from fetal_head.server.uploads import kept
from fetal_head.store.errors import StoreError
from fetal_head.store.intake.scan import rebuild, take_in
from fetal_head.store.labels.history import entries
from fetal_head.store.labels.settling import FINAL
from fetal_head.store.recovery.checking import check
from fetal_head.store.study import StudyDatastore
from pictures import speckle, write_itk, write_picture
from small_disks import small_disk_at

EMBEDDED = StoreSettings(database_url="embedded", lease_minutes=30, readers=1)


Say = Callable[[object], None]


@pytest.fixture
def say(record_property: Callable[[str, object], None]) -> Say:
    """Keeps what a person is told, for the table of `scripts/chaos.py faults`."""
    return lambda told: record_property("said", str(getattr(told, "detail", told)))


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A study of two images, a and b, on a disk of 1 MB."""
    with small_disk_at(tmp_path / "disk", "1m") as disk:
        (disk / "study").mkdir()
        for name in "ab":
            write_picture(disk / "study" / f"{name}.png", speckle(*MASK.shape))
        yield disk


def test_a_new_study_waits_for_who_makes_its_database(tmp_path: Path) -> None:
    (tmp_path / ".fetal_head").mkdir()
    other = sqlite3.connect(tmp_path / ".fetal_head" / "store.sqlite", isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    threading.Timer(0.5, lambda: other.execute("COMMIT")).start()
    assert StudyDatastore(str(tmp_path), EMBEDDED).list_images() == []


def test_a_writer_that_waits_too_long_is_told_so(folder: Path, settings: StoreSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fetal_head.store.sql.database.BUSY_SECONDS", 1)
    first, second = (StudyDatastore(str(folder), settings) for _ in range(2))
    with first.store.writing(), pytest.raises(HTTPException, match="was busy for too long; try again") as refused:
        second.set_name("ward 3")
    assert refused.value.status_code == 503
    second.set_name("ward 3")


def _fill(disk: Path) -> Path:
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(4096))
    return ballast


def test_a_full_disk_refuses_what_is_new_and_keeps_what_is_old(small_disk: Path, say: Say) -> None:
    study = StudyDatastore(str(small_disk / "study"), EMBEDDED)
    submit(study, "a", 1)
    before = tables(study.store)
    ballast = _fill(small_disk)
    # also one whose plain label is there already, and has to be as it was afterwards
    for number, image in enumerate("ba", start=2):
        with pytest.raises(HTTPException, match="the disk is full") as refused:
            submit(study, image, number)
        assert refused.value.status_code == 507
    say(refused.value)
    assert tables(study.store) == before
    assert_array_equal(read_mask(study.get_label_uri("a", FINAL)), mask_of(1))
    ballast.unlink()
    assert_whole(study.store)
    submit(study, "b", 4)
    assert_array_equal(read_mask(study.get_label_uri("a", FINAL)), mask_of(1))
    assert_array_equal(read_mask(study.get_label_uri("b", FINAL)), mask_of(4))
    assert_whole(study.store)
    study.store.database.close()


@pytest.mark.parametrize("change", ["submit", "remove"])
def test_a_disk_that_fills_up_at_any_moment_keeps_nothing_of_what_it_refused(small_disk: Path, change: str) -> None:
    study = StudyDatastore(str(small_disk / "study"), EMBEDDED)
    submit(study, "a", 1)
    before, refusals = tables(study.store), set()
    for room in range(0, 120, 8):
        ballast = _fill(small_disk)
        os.truncate(ballast, max(0, ballast.stat().st_size - 1024 * room))
        try:
            submit(study, "b", 2) if change == "submit" else study.remove_image("a")
            break
        except HTTPException as refused:
            refusals.add((refused.status_code, "store.sqlite cannot grow" in str(refused)))
        finally:
            ballast.unlink()
        study.store.database.close()
        study = StudyDatastore(str(small_disk / "study"), EMBEDDED)
        assert tables(study.store) == before
    assert refusals == {(507, False), (507, True)}
    assert_whole(study.store)
    study.store.database.close()


def test_a_full_disk_takes_no_image_and_packs_no_archive(small_disk: Path, tmp_path: Path) -> None:
    study = StudyDatastore(str(small_disk / "study"), EMBEDDED)
    submit(study, "a", 1)
    upload = write_picture(tmp_path / "large.png", speckle(300, 300))
    ballast = _fill(small_disk)
    for refused in (lambda: study.add_image("c", str(upload), {}), lambda: study.get_dataset_archive(None)):
        with pytest.raises(HTTPException, match=r"study.* cannot be written, the disk is full: make room") as error:
            refused()
        assert error.value.status_code == 507
    ballast.unlink()
    assert study.add_image("c", str(upload), {}) == "c"
    assert Path(study.get_dataset_archive(None)).stat().st_size > 0
    assert_whole(study.store)
    study.store.database.close()


def test_a_full_folder_for_temporary_files_is_told_of(
    study: StudyDatastore, small_disk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mask, upload = write_itk(tmp_path / "mask.nrrd", MASK), UploadFile(BytesIO(bytes(4096)))
    monkeypatch.setattr("tempfile.tempdir", str(small_disk))
    _fill(small_disk)
    for refused in (lambda: study.save_label("a", str(mask), FINAL, {}), lambda: kept(upload).__enter__()):
        with pytest.raises(HTTPException, match=r"disk.* cannot be written, the disk is full: make room") as error:
            refused()
        assert error.value.status_code == 507
    assert not [*small_disk.glob(".writing-*"), *small_disk.glob("fetal-head-*")]
    assert entries(study.store, "a") == []


def test_a_read_only_disk_is_named_and_later_all_is_there(small_disk: Path, say: Say) -> None:
    study = StudyDatastore(str(small_disk / "study"), EMBEDDED)
    submit(study, "a", 1)
    study.store.database.close()
    _remount(small_disk, "ro")
    with pytest.raises(ValueError, match="the store has to write there") as refused:
        StudyDatastore(str(small_disk / "study"), EMBEDDED)
    say(refused.value)
    _remount(small_disk, "rw")
    again = StudyDatastore(str(small_disk / "study"), EMBEDDED)
    submit(again, "b", 2)
    assert_array_equal(read_mask(again.get_label_uri("a", FINAL)), mask_of(1))
    assert_whole(again.store)
    again.store.database.close()


def test_a_label_is_not_refused_for_what_the_system_lacks(folder: Path, tmp_path: Path, say: Say) -> None:
    study = StudyDatastore(str(folder), EMBEDDED)
    sent = write_itk(tmp_path / "sent.nrrd", mask_of(1))
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    os.close(lowest_free := os.dup(0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (lowest_free, hard))
    try:
        with pytest.raises(StoreError) as refused:
            study.submit_label("a", str(sent), FINAL, {})
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert refused.value.status_code == 503
    assert "(Too many open files): try again; nothing of this request was kept" in refused.value.detail
    assert str(tmp_path) not in refused.value.detail
    say(refused.value)
    assert study.submit_label("a", str(sent), FINAL, {}) == 1
    study.store.database.close()


def _remount(disk: Path, how: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{how}", str(disk)], check=True)


def _set_clock(patch: pytest.MonkeyPatch, seconds: float) -> None:
    for name, unit in (("time", 1), ("time_ns", 1_000_000_000)):
        patch.setattr(time, name, lambda unit=unit: unit * int(seconds))


def test_a_clock_that_is_set_back_changes_no_order_and_locks_no_image(
    study: StudyDatastore, monkeypatch: pytest.MonkeyPatch
) -> None:
    submit(study, "a", 1)
    assert next_image(study, "ann") == "b"
    a_year_ago = time.time() - 365 * 24 * 3600
    with monkeypatch.context() as patch:
        _set_clock(patch, a_year_ago)
        submit(study, "a", 2)
        take_in(study.store)
        assert [entry.current for entry in entries(study.store, "a")] == [False, True]
        assert_array_equal(read_mask(study.get_label_uri("a", FINAL)), mask_of(2))
        assert next_image(study, "ben") == "c", "what somebody works on stays his"
        _set_clock(patch, a_year_ago + 60 * study.store.settings.lease_minutes + 1)
        assert next_image(study, "cem") == "b", "for a lease and not for a year"
    submit(study, "a", 3)
    take_in(study.store)
    assert [entry.current for entry in entries(study.store, "a")] == [False, False, True]
    assert_whole(study.store)


def _overwrite(database: Path, start: int, end: int) -> None:
    with database.open("r+b") as file:
        file.seek(start)
        file.write(os.urandom(end - start))


DAMAGES: dict[str, Callable[[Path], object]] = {
    "header": lambda database: _overwrite(database, 0, 100),
    "middle": lambda database: _overwrite(database, 4096, database.stat().st_size),
    "a few bytes": lambda database: _overwrite(database, 8192, 8192 + 64),
    "all": lambda database: _overwrite(database, 0, database.stat().st_size),
    "truncated": lambda database: os.truncate(database, database.stat().st_size // 2),
    "rubbish": lambda database: database.write_bytes(b"rubbish " * 1000),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_database_is_named_and_made_again(folder: Path, damage: str, say: Say) -> None:
    study = StudyDatastore(str(folder), EMBEDDED)
    for number, image in enumerate("abca"):
        submit(study, image, number)
    before = tables(study.store)
    study.store.database.close()
    database = folder / ".fetal_head/store.sqlite"
    DAMAGES[damage](database)
    with pytest.raises(ValueError, match=r"store\.sqlite is damaged .*fetal-head store rebuild") as refused:
        StudyDatastore(str(folder), EMBEDDED)
    say(refused.value)
    store = rebuild(folder, EMBEDDED)
    assert tables(store) == before
    assert_whole(store)
    assert database.with_name("store.sqlite.damaged").exists()


def test_a_damaged_database_is_not_taken_from_a_server_that_has_it_open(folder: Path, say: Say) -> None:
    """It would go on writing into the one that is put aside, and nobody would see what it took."""
    opened = "import sys; from pathlib import Path; from fetal_head.store.study import StudyDatastore\n"
    opened += "study = StudyDatastore(sys.argv[1]); study.list_images(); print(flush=True); sys.stdin.read()"
    StudyDatastore(str(folder), EMBEDDED).store.database.close()
    database = folder / ".fetal_head/store.sqlite"
    with subprocess.Popen(
        [sys.executable, "-c", opened, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout
        server.stdout.readline()
        DAMAGES["middle"](database)
        with pytest.raises(StoreError, match=r"another process has the damaged .* open: stop the server first") as refused:
            rebuild(folder, EMBEDDED)
        assert database.exists()
        server.communicate()
    say(refused.value)
    assert rebuild(folder, EMBEDDED).layout.folder == folder
    assert database.with_name("store.sqlite.damaged").exists()


def test_wrong_words_in_a_whole_database_are_found_and_put_right(folder: Path, say: Say) -> None:
    study = StudyDatastore(str(folder), EMBEDDED)
    submit(study, "a", 1, who="somebody")
    before = tables(study.store)
    study.store.database.close()
    database = folder / ".fetal_head/store.sqlite"
    database.write_bytes(database.read_bytes().replace(b"somebody", b"somebodi"))
    (sentence,) = check(StudyDatastore(str(folder), EMBEDDED).store)
    say(sentence)
    assert "0001.json is not what the database says" in sentence
    store = rebuild(folder, EMBEDDED)
    assert tables(store) == before
    assert_whole(store)


@pytest.mark.parametrize("lost", ["-wal", "", "all"])
def test_a_database_that_was_deleted_is_made_again(folder: Path, lost: str) -> None:
    """Its write-ahead log alone holds what was submitted last, as long as the server runs or after it was killed."""
    study = StudyDatastore(str(folder), EMBEDDED)
    submit(study, "a", 1)
    study.store.database.close()
    # a reader keeps the log from being cleared when the last writer closes the database, as a kill does
    study = StudyDatastore(str(folder), EMBEDDED)
    for number, image in enumerate("bca", start=2):
        submit(study, image, number)
    before = tables(study.store)
    killed = folder.parent / "killed"
    shutil.copytree(folder, killed)
    study.store.database.close()
    for end in ("", "-wal", "-shm") if lost == "all" else (lost,):
        (killed / f".fetal_head/store.sqlite{end}").unlink()
    again = StudyDatastore(str(killed), EMBEDDED)
    assert tables(again.store) == before
    for image, number in (("a", 4), ("b", 2), ("c", 3)):
        assert_array_equal(read_mask(again.get_label_uri(image, FINAL)), mask_of(number))
    assert_whole(again.store)
    assert tables(rebuild(killed, EMBEDDED)) == before


def test_a_study_that_cannot_be_written_says_so(folder: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may write anywhere")
    folder.chmod(0o555)
    try:
        with pytest.raises(ValueError, match="cannot be written, the access is denied: the store has to write there"):
            StudyDatastore(str(folder), EMBEDDED)
    finally:
        folder.chmod(0o755)


@pytest.mark.parametrize(
    ("place", "is_folder", "told"),
    [
        ("labels", False, "labels/history cannot be written, a file lies where a folder above it belongs: move it away"),
        (".fetal_head", False, "fetal_head cannot be written, a file lies there: move it away"),
        ("labels/final", False, "final/a.nrrd cannot be written, a file lies where a folder above it belongs: move it away"),
        ("labels/history/a/0001.json", True, "history/a/0001.json cannot be written, a folder lies there: move it away"),
    ],
)
def test_what_lies_in_the_place_of_the_stores_own_is_named(folder: Path, place: str, is_folder: bool, told: str) -> None:
    (folder / place).parent.mkdir(parents=True, exist_ok=True)
    (folder / place).mkdir() if is_folder else (folder / place).touch()
    with pytest.raises(ValueError, match=told) as refused:
        submit(StudyDatastore(str(folder), EMBEDDED), "a", 1)
    assert not isinstance(refused.value, OSError)
    shutil.rmtree(folder / place) if is_folder else (folder / place).unlink()
    submit(StudyDatastore(str(folder), EMBEDDED), "a", 1)


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

    for place in ("fetal_head.store.labels.submissions.settle", "fetal_head.store.store.FileChanges.finish"):
        with monkeypatch.context() as patch:
            patch.setattr(place, fail)
            with pytest.raises(MemoryError):
                submit(study, "a", 2)
            with pytest.raises(MemoryError):
                study.remove_label("b", FINAL)
        assert tables(study.store) == before
        assert_whole(study.store)
