"""The study folder of a server: nothing foreign gets in, nothing gets lost."""

from __future__ import annotations

import json
import os
import zipfile
from pathlib import Path

import numpy as np
import pytest
from fastapi import HTTPException
from masks import submit, tables
from monailabel.interfaces.datastore import DefaultLabelTag
from numpy.testing import assert_array_equal

from fetal_head.config import StoreSettings
from fetal_head.datasets import Case, StudyWriter
from fetal_head.export.coco import coco_image
from fetal_head.imaging import read_image, read_mask
from fetal_head.store.labels.exported import exported
from fetal_head.store.labels.labelled import labelled_images
from fetal_head.store.study import StudyDatastore
from pictures import speckle, three_structures, write_itk, write_picture

FINAL = DefaultLabelTag.FINAL.value
MASK = three_structures(60, 90)


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


def test_pixel_size_told_to_the_store_wins_over_the_file(store: StudyDatastore, tmp_path: Path) -> None:
    path = store.get_image_uri("c")
    geometry = read_image(path)[1]
    assert store.spacing_of(path, geometry) == pytest.approx((0.2, 0.3))
    store.update_image_info("c", {"spacing": [0.25, 0.35]})
    assert store.spacing_of(path, geometry) == (0.25, 0.35)
    outside = str(write_picture(tmp_path / "c.png", speckle(60, 90)))
    assert store.spacing_of(outside, read_image(outside)[1]) is None, "another file of the same name is another image"


def test_a_label_speaks_of_what_people_are_asked_to_draw(folder: Path, settings: StoreSettings, tmp_path: Path) -> None:
    study = StudyDatastore(str(folder), settings.model_copy(update={"structures": ("BRAIN",)}))
    submit(study, "a")
    submit(study, "b", annotated=["BRAIN", "LV"])
    assert [study.get_label_info(image, FINAL)["annotated"] for image in "ab"] == [["BRAIN"], ["BRAIN", "LV"]]
    cut = write_itk(tmp_path / "cut.nrrd", np.where(MASK == 1, 0, MASK).astype(np.uint8))
    with pytest.raises(HTTPException, match="annotated names no structure"):
        study.save_label("c", str(cut), FINAL, {})


def test_imported_study_opens_with_patients_and_annotated(tmp_path: Path, settings: StoreSettings) -> None:
    with StudyWriter(tmp_path / "study") as study:
        study.add(Case("h", speckle(60, 90), (MASK > 0).astype(np.uint8), ("BRAIN",), patient="P1", spacing=(0.1, 0.2)))
        study.add(Case("u", speckle(60, 90, seed=1), patient="P2"))
    store = StudyDatastore(str(tmp_path / "study"), settings)
    (label,) = labelled_images(store.store)
    assert (label.patient_id, label.annotated) == ("P1", ("BRAIN",))
    assert store.spacing_of(store.get_image_uri("h"), read_image(store.get_image_uri("h"))[1]) == (0.1, 0.2)
    assert store.get_unlabeled_images() == ["u"]


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
    store.refresh()
    with zipfile.ZipFile(store.get_dataset_archive(None)) as archive:
        assert set(archive.namelist()) == {"image/a.png", "image/B.JPG", "label/a.nrrd", "label/B.nrrd", "metadata.json"}
    with zipfile.ZipFile(store.get_dataset_archive(1)) as archive:
        assert list(json.loads(archive.read("metadata.json"))["objects"]) == ["B"]


def test_no_archive_holds_a_label_beside_an_image_that_came_since(study: StudyDatastore, folder: Path) -> None:
    submit(study, "a")
    submit(study, "b")
    (folder / "c.png").replace(folder / "a.png")
    os.utime(folder / "a.png", (2e9, 2e9))
    with pytest.raises(HTTPException, match="the image 'a' was replaced since it was labelled; try again") as refused:
        study.get_dataset_archive(None)
    assert refused.value.status_code == 503
    study.refresh()
    with zipfile.ZipFile(study.get_dataset_archive(None)) as archive:
        assert set(archive.namelist()) == {"image/b.png", "label/b.nrrd", "metadata.json"}


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
