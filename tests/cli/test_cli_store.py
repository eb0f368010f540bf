"""`fetal-head store`: what was submitted, and the database that accounts for it."""

from __future__ import annotations

import gc
import json
import os
from pathlib import Path

import numpy as np
import pytest
from command import Run
from numpy.testing import assert_array_equal

from fetal_head.imaging import read_mask
from fetal_head.pseudonym import pseudonym
from fetal_head.store.images import remove_image
from fetal_head.store.labels.history import set_status
from fetal_head.store.labels.settling import FINAL
from fetal_head.store.study import StudyDatastore
from pictures import speckle, three_structures, write_itk, write_picture

MASK = three_structures(60, 90)
MORE = np.where(np.arange(60)[:, None] < 2, 3, MASK).astype(np.uint8)


@pytest.fixture
def study(tmp_path: Path) -> StudyDatastore:
    """A study with an image that two people labelled."""
    (tmp_path / "study").mkdir()
    for name in "ab":
        write_picture(tmp_path / "study" / f"{name}.png", speckle(60, 90))
    study = StudyDatastore(str(tmp_path / "study"))
    for mask, who in ((MASK, "ann"), (MORE, "ben")):
        study.save_label("a", str(write_itk(tmp_path / "mask.nrrd", mask)), FINAL, {"client_id": who})
    return study


def test_history_and_show(run: Run, study: StudyDatastore) -> None:
    set_status(study.store, "a", 2, "rejected", "rev", "LV [/is] too large")
    rows = json.loads(run("store", "history", "a", "--studies", "study", "--json").stdout)
    assert [(row["number"], row["who"], row["status"], row["current"]) for row in rows] == [
        (1, "ann", "submitted", True),
        (2, "ben", "rejected", False),
    ]
    text = run("store", "history", "a", "--studies", "study").stdout
    assert "LV [/is] too large" in text
    assert "*" in text
    told = json.loads(run("store", "show", "a", 2, "--studies", "study", "--json").stdout)
    assert_array_equal(read_mask(told["file"]), MORE)
    assert "ben" in run("store", "show", "a", 2, "--studies", "study").stdout


@pytest.mark.usefixtures("study")
def test_an_image_may_be_called_by_its_file(run: Run, tmp_path: Path) -> None:
    for arguments in (("history", "a.png"), ("show", "a.png", 1), ("diff", "a.png", 1, 2)):
        assert run("store", *arguments, "--studies", "study").stdout
    assert json.loads(run("store", "restore", "a.png", 1, "--studies", "study", "--json").stdout) == {"image": "a", "number": 3}
    # one whose own id that is comes first
    write_picture(tmp_path / "study" / "a.png.png", speckle(60, 90))
    assert json.loads(run("store", "history", "a.png", "--studies", "study", "--json").stdout) == []


@pytest.mark.usefixtures("study")
def test_a_table_in_a_narrow_terminal_leaves_nothing_out(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    told = json.loads(run("store", "show", "a", 1, "--studies", "study", "--json").stdout)
    monkeypatch.setenv("COLUMNS", "60")
    lines = run("store", "show", "a", 1, "--studies", "study").stdout.splitlines()
    text = "".join(line.split("│")[2].strip() for line in lines if line.startswith("│"))
    assert told["file"] in text
    assert told["sha256"] in text


def test_diff_agreement_and_restore(run: Run, study: StudyDatastore) -> None:
    found = json.loads(run("store", "diff", "a", 1, 2, "--studies", "study", "--json").stdout)
    assert found["LV"]["added"] == 180
    assert "180" in run("store", "diff", "a", 1, 2, "--studies", "study").stdout
    (pair,) = json.loads(run("store", "agreement", "--studies", "study", "--json").stdout)
    assert pair["people"] == ["ann", "ben"]
    assert pair["dice"]["CSP"] == 1
    assert "ann and ben" in run("store", "agreement", "--studies", "study").stdout
    assert json.loads(run("store", "restore", "a", 1, "--studies", "study", "--json").stdout) == {"image": "a", "number": 3}
    assert_array_equal(read_mask(study.get_label_uri("a", FINAL)), MASK)


@pytest.mark.usefixtures("study")
def test_a_user_whom_the_system_has_no_name_for_restores_too(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(os, "getuid", lambda: 54321)
    run("store", "restore", "a", 1, "--studies", "study")
    assert json.loads(run("store", "show", "a", 3, "--studies", "study", "--json").stdout)["info"]["restored_by"] == "54321"


def test_check_rebuild_backup_and_restore(run: Run, study: StudyDatastore, tmp_path: Path) -> None:
    assert "0 differences" in run("store", "check", "--studies", "study").stderr
    run("store", "backup", "backup", "--studies", "study")
    assert "is in again" in run("store", "restore-backup", "backup", "--to", "again").stderr
    assert "0 differences" in run("store", "check", "--studies", "again").stderr
    study.store.database.close()
    # the commands ran in this process: a connection of theirs that is closed later would write its pages over the rubbish
    gc.collect()
    for end in ("-wal", "-shm"):
        (tmp_path / f"study/.fetal_head/store.sqlite{end}").unlink(missing_ok=True)
    (tmp_path / "study/.fetal_head/store.sqlite").write_bytes(b"rubbish " * 1000)
    assert "is damaged" in run("store", "check", "--studies", "study", status=1).stderr
    assert "2 images, 1 of them labelled" in run("store", "rebuild", "--studies", "study").stderr
    assert "0 differences" in run("store", "check", "--studies", "study").stderr
    (tmp_path / "study/labels/final/a.nrrd").unlink()
    assert json.loads(run("store", "check", "--studies", "study", "--json", status=1).stdout) == ["labels/final/a.nrrd is gone"]


@pytest.mark.usefixtures("study")
def test_what_a_backup_has_lost_is_said_when_it_is_restored(run: Run, tmp_path: Path) -> None:
    run("store", "backup", "backup", "--studies", "study")
    (tmp_path / "backup" / "b.png").unlink()
    (tmp_path / "backup" / "labels" / "history" / "a" / "0002.nrrd").write_bytes(b"half")
    said = run("store", "restore-backup", "backup", "--to", "again", status=1).stderr
    assert "b.png is gone" in said
    assert "labels/history/a/0002.nrrd is not what was submitted" in said


def test_a_study_that_was_not_opened_yet_has_no_differences(run: Run, tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    picture = write_picture(tmp_path / "new/a.png", speckle(60, 90))
    done = run("store", "check", "--studies", "new", "--json")
    assert json.loads(done.stdout) == []
    assert "new was not opened with this database yet" in done.stderr
    StudyDatastore("new")
    assert "not opened" not in run("store", "check", "--studies", "new").stderr
    picture.unlink()
    assert "a.png is gone" in run("store", "check", "--studies", "new", status=1).stderr


@pytest.mark.parametrize(
    "command",
    [
        ("store", "history", "a"),
        ("store", "check"),
        ("store", "rebuild"),
        ("store", "effort"),
        ("store", "backup", "backup"),
        ("store", "which", "ca978112ca1b"),
        ("export", "--format", "coco", "--to", "out"),
        ("train",),
        ("users", "list"),
        ("users", "remove", "ann"),
        ("users", "role", "ann", "admin"),
    ],
    ids=" ".join,
)
def test_a_folder_that_is_no_study_does_not_become_one(run: Run, tmp_path: Path, command: tuple[str, ...]) -> None:
    (tmp_path / "mistyped").mkdir()
    (tmp_path / "mistyped" / "notes.txt").touch()
    done = run(*command, "--studies", "mistyped", status=1)
    assert "there is no study in mistyped: it has no image and no .fetal_head" in done.stderr
    assert [path.name for path in (tmp_path / "mistyped").iterdir()] == ["notes.txt"]
    assert not (tmp_path / "backup").exists()


@pytest.mark.usefixtures("study")
def test_a_study_whose_images_are_all_gone_is_one(run: Run, tmp_path: Path) -> None:
    for path in (tmp_path / "study").glob("*.png"):
        path.unlink()
    assert len(json.loads(run("store", "history", "a", "--studies", "study", "--json").stdout)) == 2


def test_a_study_without_labels_says_so(run: Run, tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    write_picture(tmp_path / "new" / "a.png", speckle(60, 90))
    assert "submitted a label" in run("store", "effort", "--studies", "new").stderr
    assert "by two people" in run("store", "agreement", "--studies", "new").stderr
    done = run("export", "--studies", "new", "--format", "coco", "--to", "out", status=1)
    assert "nothing to export" in done.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.usefixtures("study")
def test_bad_input_is_one_sentence(run: Run) -> None:
    for arguments, sentence in (
        (("history", "nobody", "--studies", "study"), "there is no image 'nobody'"),
        (("show", "a", 9, "--studies", "study"), "has no submission number 9"),
        (("check", "--studies", "nowhere"), "there is no study folder nowhere"),
        (("check", "--studies", "http://pacs:8042/dicom-web"), "apps/fetal_head/pacs/HOST-..., whose file .fetal_head/pacs"),
        (("restore-backup", "study", "--to", "again"), "study holds no whole backup"),
        (("check", "--studies", "study", "--conf", "database_url=oracle"), "database_url"),
    ):
        assert sentence in run("store", *arguments, status=1).stderr


def test_which_image_or_file_a_log_means(run: Run, study: StudyDatastore, tmp_path: Path) -> None:
    remove_image(study.store, "b")
    for image in "ab":
        assert run("store", "which", pseudonym(image), "--studies", "study").stdout == f"{image}\n"
    write_picture(tmp_path / "study" / "1.2.3.f0007.png", speckle(60, 90))
    (tmp_path / "study" / "b.txt").touch()
    (tmp_path / "study" / "labels/final").mkdir(parents=True, exist_ok=True)
    (tmp_path / "study" / "labels/final/a.seg.nrrd").touch()
    for name in ("1.2.3", "1.2.3.f0007", "b.txt", "a.seg.nrrd"):
        assert run("store", "which", pseudonym(name), "--studies", "study").stdout == f"{name}\n"
    assert "nothing in study is called" in run("store", "which", pseudonym("c"), "--studies", "study", status=1).stderr


def test_whose_images_are_and_how_large_their_pixels_is_told_by_a_table(run: Run, study: StudyDatastore, tmp_path: Path) -> None:
    (tmp_path / "images.csv").write_text("image,patient,row_mm,column_mm\na.png,P7,0.1,0.2\nb.png,P7,,\ngone.png,P8,0.1,0.1\n")
    said = run("store", "tell", "images.csv", "--studies", "study", status=1).stderr
    assert "left out gone: no image is called so" in said
    assert "2 images were told of" in said
    assert [study.get_image_info(image).get("patient") for image in "ab"] == ["P7", "P7"]
    assert [study.get_image_info(image).get("spacing") for image in "ab"] == [[0.1, 0.2], None]
    # a Mac takes letters with accents apart
    write_picture(tmp_path / "study" / "Zoe\u0308.png", speckle(60, 90))
    for name in ("Zo\u00eb", "Zoe\u0308"):
        (tmp_path / "images.csv").write_text(f"image,patient\n{name}.png,{name}\n")
        assert "1 images were told of" in run("store", "tell", "images.csv", "--studies", "study").stderr
        assert study.get_image_info("Zoe\u0308")["patient"] == name
    # also where one that was written the other way was there before
    for there, then in (("Zoe\u0308", "Zo\u00eb"), ("Zo\u00eb", "Zoe\u0308")):
        (tmp_path / "study" / f"{there}.png").rename(tmp_path / "study" / f"{then}.png")
        assert "1 images were told of" in run("store", "tell", "images.csv", "--studies", "study").stderr
    (tmp_path / "images.csv").write_text("image,patient\nc.png,P7\n")
    assert "images.csv tells of no image of study" in run("store", "tell", "images.csv", "--studies", "study", status=1).stderr
