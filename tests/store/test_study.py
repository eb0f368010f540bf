"""The study folder of a server: nothing foreign gets in, nothing gets lost."""

from __future__ import annotations

import json
import os
import zipfile
from pathlib import Path

import numpy as np
import pytest
from fastapi import HTTPException
from masks import assert_whole, submit, tables
from monailabel.interfaces.datastore import DefaultLabelTag
from numpy.testing import assert_array_equal

from fetal_head.config import StoreSettings
from fetal_head.datasets import Case, StudyWriter
from fetal_head.export.coco import coco_image
from fetal_head.imaging import read_image, read_mask
from fetal_head.store.files.changes import FileChanges
from fetal_head.store.intake.scan import rebuild
from fetal_head.store.labels.exported import exported
from fetal_head.store.labels.labelled import labelled_images
from fetal_head.store.store import Session
from fetal_head.store.study import StudyDatastore
from pictures import speckle, three_structures, write_dicom, write_itk, write_picture

FINAL = DefaultLabelTag.FINAL.value
MASK = three_structures(60, 90)


@pytest.fixture
def store(tmp_path: Path, settings: StoreSettings) -> StudyDatastore:
    folder = tmp_path / "study"
    folder.mkdir()
    write_picture(folder / "a.png", speckle(60, 90))
    write_picture(folder / "B.JPG", speckle(60, 90), format="JPEG")
    write_dicom(folder / "c.dcm", speckle(60, 90), spacing=(0.2, 0.3))
    (folder / "notes.txt").write_text("not an image")
    return StudyDatastore(str(folder), settings)


def test_images_of_every_kind_are_found(store: StudyDatastore) -> None:
    assert sorted(store.list_images()) == ["B", "a", "c"]


def test_label_is_kept_as_ours_and_survives_a_restart(store: StudyDatastore, tmp_path: Path) -> None:
    theirs = np.select([MASK == 1, MASK == 2, MASK == 3], [3, 2, 1]).astype(np.int16)
    segments = {"label_info": [{"name": name, "idx": 9} for name in ("LV", "CSP", "BRAIN")]}
    store.save_label("a", str(write_itk(tmp_path / "l.nii.gz", theirs)), FINAL, segments)
    again = StudyDatastore(str(store.store.layout.folder), store.store.settings)
    assert_array_equal(read_mask(again.get_label_uri("a", FINAL)), MASK)
    assert again.get_label_info("a", FINAL)["annotated"] == ["BRAIN", "CSP", "LV"]
    assert again.get_unlabeled_images() == [i for i in again.list_images() if i != "a"]


def test_annotator_may_say_what_was_looked_for(store: StudyDatastore, tmp_path: Path) -> None:
    path = str(write_itk(tmp_path / "l.nrrd", (MASK > 0).astype(np.uint8)))
    store.save_label("a", path, FINAL, {"annotated": ["BRAIN"]})
    (label,) = labelled_images(store.store)
    assert (label.id, label.annotated) == ("a", ("BRAIN",))
    with pytest.raises(HTTPException, match="no structure is called SKULL"):
        store.save_label("a", path, FINAL, {"annotated": ["SKULL"]})
    # what is drawn is no answer to what was looked for
    with pytest.raises(HTTPException, match="annotated names no structure"):
        store.save_label("a", path, FINAL, {"annotated": []})
    (label,) = labelled_images(store.store)
    assert label.annotated == ("BRAIN",)


def test_a_head_without_a_pixel_is_cut_by_the_field_of_view_and_not_absent(store: StudyDatastore, tmp_path: Path) -> None:
    path = str(write_itk(tmp_path / "l.nrrd", np.where(MASK == 1, 0, MASK).astype(np.uint8)))
    store.save_label("a", path, FINAL, {"annotated": ["BRAIN", "CSP", "LV"]})
    label = exported(store.store, "a")
    assert label is not None
    assert [instance["category_id"] for instance in coco_image(label, "a.png")["instances"]] == [2, 3]
    assert label.annotated == ("CSP", "LV")
    with pytest.raises(HTTPException, match="annotated names no structure"):
        store.save_label("a", path, FINAL, {"annotated": ["BRAIN"]})


@pytest.mark.parametrize("tag", ["..", "../../evil", "", "a/b", ".hidden", "x" * 300])
def test_tags_are_plain_names(store: StudyDatastore, tmp_path: Path, tag: str) -> None:
    with pytest.raises(HTTPException) as refused:
        store.save_label("a", str(write_itk(tmp_path / "l.nrrd", MASK)), tag, {})
    assert refused.value.status_code == 422
    with pytest.raises(HTTPException) as refused:
        store.remove_label("a", tag)
    assert refused.value.status_code == 422
    assert "a" in store.list_images()
    assert store.status()["label_tags"] == {}


def test_unknown_image_is_404_and_a_wrong_label_422(store: StudyDatastore, tmp_path: Path) -> None:
    path = str(write_itk(tmp_path / "l.nrrd", MASK))
    with pytest.raises(HTTPException) as refused:
        store.save_label("nobody", path, FINAL, {})
    assert refused.value.status_code == 404
    for info in ({"label_info": "BRAIN"}, {"label_info": [{"idx": 1}]}, {"label_info": [{"name": "Tumour"}]}):
        with pytest.raises(HTTPException) as refused:
            store.save_label("a", path, FINAL, info)
        assert refused.value.status_code == 422
    assert store.get_labeled_images() == []


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


def test_pixel_size_told_to_the_store_wins_over_the_file(store: StudyDatastore, tmp_path: Path) -> None:
    path = store.get_image_uri("c")
    geometry = read_image(path)[1]
    assert store.spacing_of(path, geometry) == pytest.approx((0.2, 0.3))
    store.update_image_info("c", {"spacing": [0.25, 0.35]})
    assert store.spacing_of(path, geometry) == (0.25, 0.35)
    outside = str(write_picture(tmp_path / "c.png", speckle(60, 90)))
    assert store.spacing_of(outside, read_image(outside)[1]) is None, "another file of the same name is another image"


def test_imported_study_opens_with_patients_and_annotated(tmp_path: Path, settings: StoreSettings) -> None:
    with StudyWriter(tmp_path / "study") as study:
        study.add(Case("h", speckle(60, 90), (MASK > 0).astype(np.uint8), ("BRAIN",), patient="P1", spacing=(0.1, 0.2)))
        study.add(Case("u", speckle(60, 90, seed=1), patient="P2"))
    store = StudyDatastore(str(tmp_path / "study"), settings)
    (label,) = labelled_images(store.store)
    assert (label.patient_id, label.annotated) == ("P1", ("BRAIN",))
    assert store.spacing_of(store.get_image_uri("h"), read_image(store.get_image_uri("h"))[1]) == (0.1, 0.2)
    assert store.get_unlabeled_images() == ["u"]


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


def test_status_counts_and_labels_of_other_tags(store: StudyDatastore, tmp_path: Path) -> None:
    path = str(write_itk(tmp_path / "l.nrrd", MASK))
    assert store.status() == {"total": 3, "completed": 0, "label_tags": {}}
    for image, tag in (("a", FINAL), ("a", "second look"), ("B", "original"), ("a", FINAL)):
        store.save_label(image, path, tag, {"client_id": "ann"})
    assert store.status() == {"total": 3, "completed": 1, "label_tags": {FINAL: 1, "second look": 1, "original": 1}}
    assert store.get_labels_by_image_id("a") == {FINAL: "a", "second look": "a"}
    assert store.get_labeled_images("original") == ["B"]
    assert store.get_unlabeled_images("original") == ["a", "c"]
    store.remove_label("a", "second look")
    assert store.status()["label_tags"] == {FINAL: 1, "original": 1}
    with pytest.raises(HTTPException, match="has no label 'second look'"):
        store.remove_label("a", "second look")
    assert store.json()["objects"]["a"]["labels"][FINAL]["info"]["client_id"] == "ann"


def test_the_archive_holds_the_labelled_set(store: StudyDatastore, tmp_path: Path) -> None:
    with pytest.raises(HTTPException, match="no label yet"):
        store.get_dataset_archive(None)
    for image in ("a", "B"):
        store.save_label(image, str(write_itk(tmp_path / "l.nrrd", MASK)), FINAL, {})
    os.utime(store.get_image_uri("a"), (0, 0))
    with zipfile.ZipFile(store.get_dataset_archive(None)) as archive:
        assert set(archive.namelist()) == {"image/a.png", "image/B.JPG", "label/a.nrrd", "label/B.nrrd", "metadata.json"}
    with zipfile.ZipFile(store.get_dataset_archive(1)) as archive:
        assert list(json.loads(archive.read("metadata.json"))["objects"]) == ["B"]


def test_a_file_that_was_taken_away_by_hand_is_told_of_in_a_sentence(study: StudyDatastore, folder: Path) -> None:
    submit(study, "a")
    before = tables(study.store)
    (folder / "a.png").rename(folder.parent / "a.png")
    for status, ask in ((404, lambda: study.remove_image("a")), (503, lambda: study.get_dataset_archive(None))):
        with pytest.raises(HTTPException, match="is gone") as refused:
            ask()
        assert refused.value.status_code == status
    assert tables(study.store) == before
    (folder.parent / "a.png").rename(folder / "a.png")
    study.remove_image("a")
    assert "a" not in study.list_images()


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
