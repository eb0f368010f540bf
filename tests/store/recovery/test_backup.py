"""A backup, taken while people work, is the study."""

from __future__ import annotations

import json
import os
import shutil
import threading
from pathlib import Path

import pytest
from masks import assert_whole, mask_of, next_image, submit, tables
from numpy.testing import assert_array_equal

from fetal_head.config import StoreSettings
from fetal_head.imaging import read_mask
from fetal_head.store.errors import StoreError
from fetal_head.store.files.changes import FileChanges
from fetal_head.store.labels.history import set_status
from fetal_head.store.labels.settling import FINAL
from fetal_head.store.recovery.backup import backup, restore_backup
from fetal_head.store.recovery.checking import check
from fetal_head.store.study import StudyDatastore
from pictures import speckle, write_picture

EMBEDDED = StoreSettings(database_url="embedded", lease_minutes=30, readers=1)
CLIENTS = 4


def test_what_is_restored_is_what_was(study: StudyDatastore, tmp_path: Path) -> None:
    submit(study, "a", 1)
    submit(study, "a", 2)
    set_status(study.store, "a", 2, "rejected", "rev", "no")
    study.add_image("d", str(write_picture(tmp_path / "x.png", speckle(60, 90))), {"plane": "TV"})
    submit(study, "d", 3)
    study.remove_image("d")
    assert next_image(study, "ann") == "b"
    assert backup(study.store, tmp_path / "backup").missing == []
    restored = restore_backup(tmp_path / "backup", tmp_path / "again", EMBEDDED)
    assert tables(restored) == tables(study.store)
    assert_whole(restored)
    again = StudyDatastore(str(tmp_path / "again"), EMBEDDED)
    assert tables(again.store) == tables(study.store), "nothing is taken in anew"
    assert_array_equal(read_mask(again.get_label_uri("a", FINAL)), mask_of(1))
    assert next_image(again, "ben") == "c"


def test_a_backup_under_load_is_one_state_and_can_be_brought_up_to_date(study: StudyDatastore, tmp_path: Path) -> None:
    stop = threading.Event()

    def work(client: int) -> None:
        number = client
        while not stop.is_set():
            submit(study, "abc"[number % 3], number, who=f"client{client}")
            number += CLIENTS

    workers = [threading.Thread(target=work, args=(client,)) for client in range(CLIENTS)]
    for worker in workers:
        worker.start()
    try:
        for number in range(3):
            assert backup(study.store, tmp_path / "backup").missing == []
            restored = restore_backup(tmp_path / "backup", tmp_path / f"again{number}", EMBEDDED)
            assert check(restored) == []
    finally:
        stop.set()
        for worker in workers:
            worker.join()
    backup(study.store, tmp_path / "backup")
    restored = restore_backup(tmp_path / "backup", tmp_path / "again", EMBEDDED)
    assert tables(restored) == tables(study.store)


def test_what_is_no_backup_or_no_new_folder_is_refused(study: StudyDatastore, folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="holds no whole backup"):
        restore_backup(tmp_path, tmp_path / "again", EMBEDDED)
    assert not (tmp_path / "again").exists()
    backup(study.store, tmp_path / "backup")
    tables_file = tmp_path / "backup/tables.jsonl"
    whole = tables_file.read_bytes()
    half = f"line {len(whole.splitlines()) + 1} of .* is damaged"
    for damaged, told in ((whole + b'["images", {"id"', half), (whole[:9], "line 1 of .* is damaged"), (b"", "is no backup")):
        tables_file.write_bytes(damaged)
        with pytest.raises(ValueError, match=told):
            restore_backup(tmp_path / "backup", tmp_path / "again", EMBEDDED)
        assert not (tmp_path / "again").exists(), "nothing was copied"
    tables_file.write_bytes(whole)
    with pytest.raises(ValueError, match="is not empty"):
        restore_backup(tmp_path / "backup", folder, EMBEDDED)
    if study.store.settings.database_url != "embedded":
        with pytest.raises(ValueError, match="belongs to another study"):
            restore_backup(tmp_path / "backup", tmp_path / "again", study.store.settings)


def test_a_folder_of_anything_else_is_not_written_over(study: StudyDatastore, folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    picture = write_picture(other / "a.png", speckle(60, 90, seed=9))
    before = picture.read_bytes()
    with pytest.raises(ValueError, match=f"{other} is not empty and no earlier backup; name a new folder"):
        backup(study.store, other)
    assert {path.name: path.read_bytes() for path in other.iterdir()} == {"a.png": before}
    for inside in (folder, folder / "labels/backup"):
        with pytest.raises(ValueError, match=f"{inside} lies inside the study"):
            backup(study.store, inside)
    assert not (folder / "labels/backup").exists()


def test_a_backup_of_another_study_or_a_later_state_is_not_written_over(study: StudyDatastore, tmp_path: Path) -> None:
    submit(study, "a", 1)
    backup(study.store, tmp_path / "first")
    earlier = StudyDatastore(str(restore_backup(tmp_path / "first", tmp_path / "earlier", EMBEDDED).layout.folder), EMBEDDED)
    submit(study, "a", 2)
    backup(study.store, tmp_path / "backup")
    before = {path: path.read_bytes() for path in (tmp_path / "backup").rglob("*") if path.is_file()}
    for another_mask in (False, True):
        if another_mask:
            submit(earlier, "a", 3)
        with pytest.raises(StoreError, match=r"1 labels that this study does not have, such as that of a \(2\)") as refused:
            backup(earlier.store, tmp_path / "backup")
        assert refused.value.status_code == 409
    assert {path: path.read_bytes() for path in (tmp_path / "backup").rglob("*") if path.is_file()} == before
    backup(study.store, tmp_path / "backup")


def test_a_backup_that_was_broken_off_is_gone_on_with(
    study: StudyDatastore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    submit(study, "a", 1)
    to = tmp_path / "backup"
    to.mkdir()
    with monkeypatch.context() as patched:
        patched.setattr(os, "sync", _interrupted)
        with pytest.raises(KeyboardInterrupt):
            backup(study.store, to)
    assert (to / "a.png").exists()
    backup(study.store, to)
    assert tables(restore_backup(to, tmp_path / "again", EMBEDDED)) == tables(study.store)


@pytest.mark.parametrize("more", [["notes", {"image": "a"}], ["meta", {"key": "x", "value": "y", "at": 1}]])
def test_a_backup_of_a_later_version_is_refused(study: StudyDatastore, tmp_path: Path, more: list[object]) -> None:
    backup(study.store, tmp_path / "backup")
    with (tmp_path / "backup/tables.jsonl").open("a") as file:
        file.write(json.dumps(more) + "\n")
    with pytest.raises(StoreError, match="is no backup that this version reads; was it made by a later one"):
        restore_backup(tmp_path / "backup", tmp_path / "again", EMBEDDED)
    assert not (tmp_path / "again").exists()


@pytest.mark.parametrize(
    ("table", "change", "told"),
    [
        ("images", {"id": "../../a"}, "names files that are none of a study"),
        ("images", {"file": "../../stolen.png"}, "names files that are none of a study"),
        ("images", {"file": "/etc/passwd"}, "names files that are none of a study"),
        ("submissions", {"tag": ".."}, "names files that are none of a study"),
        ("submissions", {"suffix": "/../../x.nrrd"}, "names files that are none of a study"),
        ("submissions", {"tag": "a\0b"}, "names files that are none of a study"),
        ("submissions", {"image": "nobody"}, "holds rows that a study cannot have"),
        ("submissions", {"sha256": None}, "what makes no sense"),
        ("submissions", {"number": "x"}, "what makes no sense"),
        ("submissions", {"annotated": "BRAIN"}, "what makes no sense"),
        ("images", {"info": {"spacing": [0, 0]}}, "what makes no sense"),
        ("images", None, "is no backup that this version reads"),
    ],
)
def test_rows_that_are_none_of_a_study_are_refused_and_leave_nothing(
    study: StudyDatastore, tmp_path: Path, table: str, change: dict[str, object] | None, told: str
) -> None:
    submit(study, "a", 1)
    backup(study.store, tmp_path / "backup")
    file = tmp_path / "backup/tables.jsonl"
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    where = next(i for i, line in enumerate(lines) if isinstance(line, list) and line[0] == table)
    lines[where] = [table, {**lines[where][1], **change} if change else "a"]
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    (tmp_path / "stolen.png").write_bytes(b"secret")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(StoreError, match=told) as refused:
        restore_backup(tmp_path / "backup", tmp_path / "deep/again", EMBEDDED)
    assert refused.value.status_code == 422
    assert [path for path in sorted(tmp_path.rglob("*")) if path not in before and path.name != "deep"] == []


def test_a_link_that_leads_out_of_a_backup_is_not_followed(study: StudyDatastore, tmp_path: Path) -> None:
    backup(study.store, tmp_path / "backup")
    (tmp_path / "secret").write_bytes(b"secret")
    (tmp_path / "backup/a.png").unlink()
    (tmp_path / "backup/a.png").symlink_to(tmp_path / "secret")
    with pytest.raises(StoreError, match=r"a\.png is a link that leads out of the backup"):
        restore_backup(tmp_path / "backup", tmp_path / "again", EMBEDDED)
    assert not (tmp_path / "again").exists()


def test_a_restore_that_fails_in_whatever_way_leaves_nothing(study: StudyDatastore, tmp_path: Path) -> None:
    backup(study.store, tmp_path / "backup")
    (tmp_path / "backup/a.png").unlink()
    (tmp_path / "backup/a.png").mkdir()
    with pytest.raises(StoreError, match="a folder lies there"):
        restore_backup(tmp_path / "backup", tmp_path / "again", EMBEDDED)
    assert not (tmp_path / "again").exists()


def test_what_an_earlier_backup_left_behind_is_no_part_of_the_study(study: StudyDatastore, folder: Path, tmp_path: Path) -> None:
    """An image that was taken out, or another study's, would be given to annotators again."""
    stranger = tmp_path / "stranger"
    stranger.mkdir()
    write_picture(stranger / "x.png", speckle(60, 90, seed=9))
    backup(StudyDatastore(str(stranger), EMBEDDED).store, tmp_path / "backup")
    backup(study.store, tmp_path / "backup")
    study.remove_image("b")
    (folder / "c.png").unlink()
    study.refresh()
    backup(study.store, tmp_path / "backup")
    restore_backup(tmp_path / "backup", tmp_path / "again", EMBEDDED)
    assert StudyDatastore(str(tmp_path / "again"), EMBEDDED).list_images() == ["a"]
    assert sorted(path.name for path in (tmp_path / "again").glob("*.png")) == ["a.png"]


def test_a_backup_that_was_not_wholly_restored_keeps_its_labels(
    study: StudyDatastore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number, image in enumerate("abc"):
        submit(study, image, number)
    backup(study.store, tmp_path / "backup")
    copy = shutil.copy2

    def killed(source: Path, to: Path) -> None:
        if Path(source).suffix == ".png" and list((tmp_path / "again").glob("*.png")):
            raise KeyboardInterrupt
        copy(source, to)

    with monkeypatch.context() as patched:
        patched.setattr(shutil, "copy2", killed)
        # a killed process puts nothing back
        patched.setattr(FileChanges, "undo", lambda _: None)
        patched.setattr(shutil, "rmtree", lambda *_, **__: None)
        with pytest.raises(KeyboardInterrupt):
            restore_backup(tmp_path / "backup", tmp_path / "again", EMBEDDED)
    again = StudyDatastore(str(tmp_path / "again"), EMBEDDED)
    (image,) = again.list_images()
    assert_array_equal(read_mask(again.get_label_uri(image, FINAL)), mask_of("abc".index(image)))


def test_of_a_backup_whose_restoring_is_interrupted_no_half_study_is_left(
    study: StudyDatastore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would be served, and lack images."""
    backup(study.store, tmp_path / "backup")
    with monkeypatch.context() as patched:
        patched.setattr(shutil, "copy2", lambda *_: _interrupted())
        with pytest.raises(KeyboardInterrupt):
            restore_backup(tmp_path / "backup", tmp_path / "again", EMBEDDED)
    assert not (tmp_path / "again").exists()
    assert tables(restore_backup(tmp_path / "backup", tmp_path / "again", EMBEDDED)) == tables(study.store)


def test_of_two_backups_into_one_folder_the_second_is_refused(
    study: StudyDatastore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They write the same tables: the first one's end would call those whole that the second one is still writing."""
    copy, refused = shutil.copy2, []

    def meanwhile(source: Path, to: Path) -> None:
        with pytest.raises(StoreError, match=r"a backup is being made in .*backup already") as error:
            backup(study.store, tmp_path / "backup")
        refused.append(error.value.status_code)
        copy(source, to)

    with monkeypatch.context() as patched:
        patched.setattr(shutil, "copy2", meanwhile)
        assert backup(study.store, tmp_path / "backup").missing == []
    assert set(refused) == {409}
    assert backup(study.store, tmp_path / "backup").missing == []


def _interrupted() -> None:
    raise KeyboardInterrupt


def test_a_backup_of_before_pixel_sizes_had_a_file_tells_them_of_those_that_are_in_it(
    study: StudyDatastore, tmp_path: Path
) -> None:
    study.update_image_info("a", {"spacing": [0.1, 0.2]})
    backup(study.store, tmp_path / "backup")
    file = tmp_path / "backup/tables.jsonl"
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    for name, row in (line for line in lines if isinstance(line, list)):
        if name == "images":
            del row["told_of"], row["file_patient"]
    file.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    restored = restore_backup(tmp_path / "backup", tmp_path / "again", EMBEDDED)
    assert tables(restored) == tables(study.store)
