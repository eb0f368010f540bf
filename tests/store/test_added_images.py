"""Images that are added to a study over its server: each is wholly there or not at all, and has no other one's labels."""

from __future__ import annotations

from pathlib import Path

import pytest
from fastapi import HTTPException
from masks import assert_whole, submit, tables
from monailabel.interfaces.datastore import DefaultLabelTag
from numpy.testing import assert_array_equal

from fetal_head.imaging import read_mask
from fetal_head.store.files.changes import FileChanges
from fetal_head.store.intake.scan import rebuild
from fetal_head.store.store import Session
from fetal_head.store.study import StudyDatastore
from pictures import speckle, three_structures, write_itk, write_picture

FINAL = DefaultLabelTag.FINAL.value
MASK = three_structures(60, 90)


def test_uploaded_images_are_checked(store: StudyDatastore, tmp_path: Path) -> None:
    store.add_image("new", str(write_picture(tmp_path / "x.png", speckle(30, 40))), {})
    assert "new" in store.list_images()
    fake = tmp_path / "fake.png"
    fake.write_text("<script>")
    for image_id, file in (("fake", fake), ("../up", tmp_path / "x.png"), ("/etc/passwd", tmp_path / "x.png")):
        with pytest.raises(HTTPException) as refused:
            store.add_image(image_id, str(file), {})
        assert refused.value.status_code == 422
    assert not (tmp_path / "up.png").exists()


def test_an_image_whose_id_is_taken_is_refused_and_its_labels_stay(store: StudyDatastore, tmp_path: Path) -> None:
    store.save_label("a", str(write_itk(tmp_path / "l.nrrd", MASK)), FINAL, {})
    picture, before = write_picture(tmp_path / "x.png", speckle(30, 40)), Path(store.get_image_uri("a")).read_bytes()
    for image_id in ("a", "B"):
        with pytest.raises(HTTPException) as refused:
            store.add_image(image_id, str(picture), {})
        assert refused.value.status_code == 409
    assert Path(store.get_image_uri("a")).read_bytes() == before
    assert_array_equal(read_mask(store.get_label_uri("a", FINAL)), MASK)


def test_a_removed_image_can_be_uploaded_anew_and_its_past_stays(store: StudyDatastore, tmp_path: Path) -> None:
    before = Path(store.get_image_uri("a")).read_bytes()
    store.save_label("a", str(write_itk(tmp_path / "l.nrrd", MASK)), FINAL, {})
    label = Path(store.get_label_uri("a", FINAL))
    store.remove_image("a")
    assert store.get_image_uri("a") == store.get_label_uri("a", FINAL) == ""
    assert not label.exists()
    assert not list(store.store.layout.folder.glob("a.*"))
    store.add_image("a", str(write_picture(tmp_path / "x.png", speckle(30, 40))), {"patient": "P9"})
    assert store.get_unlabeled_images() == ["B", "a", "c"], "the label was made for another picture"
    assert store.get_image_info("a")["patient"] == "P9"
    past = store.store.layout.history / "a"
    assert (past / "image-1.png").read_bytes() == before
    assert_array_equal(read_mask(past / "0001.nrrd"), MASK)


def test_what_came_with_an_upload_that_was_killed_before_its_commit_is_known(
    study: StudyDatastore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = write_picture(tmp_path / "x.png", speckle(60, 90))
    with monkeypatch.context() as patch:
        patch.setattr("fetal_head.store.store.Session.commit", _kill)
        with pytest.raises(KeyboardInterrupt):
            study.add_image("d", str(picture), {"patient": "P7", "spacing": [0.1, 0.2]})
    study.refresh()
    assert {"patient": "P7", "spacing": [0.1, 0.2]}.items() <= study.get_image_info("d").items()
    assert_whole(study.store)


def test_an_upload_that_was_killed_before_it_was_said_what_came_with_it_left_no_image(
    study: StudyDatastore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = write_picture(tmp_path / "x.png", speckle(60, 90))
    with monkeypatch.context() as patch:
        patch.setattr(FileChanges, "put", lambda *put: _kill(put))
        # who is killed puts nothing back
        patch.setattr(FileChanges, "undo", lambda _: None)
        with pytest.raises(KeyboardInterrupt):
            study.add_image("d", str(picture), {"patient": "P7"})
    study.refresh()
    assert study.list_images() == ["a", "b", "c"]
    study.add_image("d", str(picture), {"patient": "P7"})
    assert study.get_image_info("d")["patient"] == "P7"
    assert_whole(study.store)


@pytest.mark.parametrize("by_hand", [False, True])
@pytest.mark.parametrize("commit", [1, 2])
def test_an_upload_that_was_killed_has_nothing_of_the_picture_that_had_its_id_before(
    study: StudyDatastore, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, by_hand: bool, commit: int
) -> None:
    study.update_image_info("a", {"patient": "P1", "spacing": [0.1, 0.2]})
    submit(study, "a", 1)
    if by_hand:
        (folder / "a.png").rename(tmp_path / "a.png")
        study.refresh()
    else:
        study.remove_image("a")
    picture = write_picture(tmp_path / "x.png", speckle(60, 90, seed=9))
    commits = iter(range(1, commit))
    with monkeypatch.context() as patch:
        whole = Session.commit
        patch.setattr(Session, "commit", lambda self: whole(self) if next(commits, None) else _kill(self))
        with pytest.raises(KeyboardInterrupt):
            study.add_image("a", str(picture), {"plane": "TV"})
    again = StudyDatastore(str(folder), study.store.settings)
    assert again.list_images() == (["b", "c"] if commit == 1 else ["a", "b", "c"])
    if commit == 2:
        info = again.get_image_info("a")
        assert info["plane"] == "TV"
        assert not info.keys() & {"patient", "spacing"}
        assert again.get_unlabeled_images() == ["a", "b", "c"]
        assert_whole(again.store)
    elif by_hand:
        (tmp_path / "a.png").rename(folder / "a.png")
        again.refresh()
        assert again.get_image_info("a")["patient"] == "P1"
        assert again.get_labeled_images() == ["a"]


@pytest.mark.parametrize("killed", [False, True])
def test_another_picture_under_the_id_of_one_that_went_away_has_none_of_its_labels(
    study: StudyDatastore, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, killed: bool
) -> None:
    submit(study, "a", 1)
    if killed:
        with monkeypatch.context() as patch:
            patch.setattr("fetal_head.store.store.Session.commit", _kill)
            with pytest.raises(KeyboardInterrupt):
                study.remove_image("a")
        study.refresh()
        assert study.get_labeled_images() == ["a"], "nobody was told that it is gone"
        study.remove_image("a")
    else:
        (folder / "a.png").unlink()
    study.refresh()
    study.add_image("a", str(write_picture(tmp_path / "x.png", speckle(60, 90, seed=9))), {})
    submit(study, "a", 2, tag="original")
    study.refresh()
    assert study.get_unlabeled_images() == ["a", "b", "c"]
    assert_whole(study.store)
    before = tables(study.store)
    assert tables(rebuild(folder, study.store.settings)) == before


def _kill(_: object) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize("was_used", [False, True])
def test_a_file_that_comes_under_the_name_of_an_upload_at_the_same_moment_is_kept(
    study: StudyDatastore, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, was_used: bool
) -> None:
    name = "a" if was_used else "d"
    if was_used:
        study.remove_image("a")
    theirs = write_picture(tmp_path / "theirs.png", speckle(60, 90, seed=8)).read_bytes()
    move = FileChanges.move

    def just_before(files: FileChanges, path: Path, to: Path) -> None:
        to.write_bytes(theirs)
        move(files, path, to)

    monkeypatch.setattr(FileChanges, "move", just_before)
    with pytest.raises(HTTPException, match=f"holds a file {name}.png already") as refused:
        study.add_image(name, str(write_picture(tmp_path / "x.png", speckle(60, 90, seed=9))), {"patient": "P9"})
    assert refused.value.status_code == 409
    study.refresh()
    assert Path(study.get_image_uri(name)).read_bytes() == theirs
    assert "patient" not in study.get_image_info(name)
    assert_whole(study.store)
