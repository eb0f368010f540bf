"""A label counts for the picture that it was made for, whatever file has its name later."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
from masks import MASK, assert_whole, mask_of, next_image, replace_image, submit, tables
from numpy.testing import assert_array_equal

from fetal_head.imaging import Geometry, read_geometry, read_mask
from fetal_head.store.errors import StoreError
from fetal_head.store.files.layout import Picture
from fetal_head.store.intake.scan import rebuild
from fetal_head.store.labels.drafts import encoded
from fetal_head.store.labels.history import entries, restore, set_status
from fetal_head.store.labels.labelled import labelled_images
from fetal_head.store.labels.settling import FINAL, ORIGINAL
from fetal_head.store.sql.tables import APPROVED
from fetal_head.store.study import StudyDatastore
from pictures import write_itk

A_DAY = 1_700_000_000 * 10**9


def _labels_by_hand(folder: Path) -> Path:
    (folder / "labels/final").mkdir(parents=True, exist_ok=True)
    return write_itk(folder / "labels/final/a.nrrd", mask_of(1))


@pytest.mark.parametrize("is_seen_gone", [False, True])
@pytest.mark.parametrize("by_hand", [False, True])
def test_a_label_stays_away_from_another_picture_and_comes_back_with_its_own(
    study: StudyDatastore, folder: Path, tmp_path: Path, other: Path, is_seen_gone: bool, by_hand: bool
) -> None:
    own = Path(shutil.copyfile(folder / "a.png", tmp_path / "own.png"))
    if by_hand:
        _labels_by_hand(folder)
        study.refresh()
    else:
        submit(study, "a", 1)
    before = tables(study.store)["submissions"]

    replace_image(study, other, is_seen_gone=is_seen_gone)
    assert study.get_unlabeled_images() == ["a", "b", "c"]
    assert labelled_images(study.store) == []
    assert not (folder / "labels/final/a.nrrd").exists()
    assert next_image(study, "ann") == "a", "whoever labelled the other one can be given this one"
    assert_whole(study.store)

    replace_image(study, own, is_seen_gone=is_seen_gone)
    assert study.get_labeled_images() == ["a"]
    assert_array_equal(read_mask(study.get_label_uri("a", FINAL)), mask_of(1))
    assert tables(study.store)["submissions"] == before
    assert_whole(study.store)


def test_a_label_is_not_restored_for_a_picture_that_comes_meanwhile(
    study: StudyDatastore, folder: Path, other: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    submit(study, "a", 1)

    def read(path: Path) -> Geometry:
        geometry = read_geometry(path)
        shutil.copyfile(other, folder / "a.png")
        return geometry

    with monkeypatch.context() as patch:
        patch.setattr("fetal_head.store.labels.history.read_geometry", read)
        with pytest.raises(StoreError, match="the image 'a' was replaced just now") as refused:
            restore(study.store, "a", 1, "ben")
    assert refused.value.status_code == 409
    study.refresh()
    assert study.get_unlabeled_images() == ["a", "b", "c"]
    assert len(entries(study.store, "a")) == 1


def test_whoever_has_two_pictures_under_one_id_is_told(
    study: StudyDatastore, other: Path, caplog: pytest.LogCaptureFixture
) -> None:
    submit(study, "a", 1)
    replace_image(study, other, is_seen_gone=True)
    assert "another picture" in caplog.text


def test_labels_of_two_pictures_that_take_turns_are_kept_apart(
    study: StudyDatastore, folder: Path, tmp_path: Path, other: Path
) -> None:
    own = Path(shutil.copyfile(folder / "a.png", tmp_path / "own.png"))
    submit(study, "a", 1)
    replace_image(study, other, is_seen_gone=True)
    submit(study, "a", 2)
    replace_image(study, own, is_seen_gone=True)
    assert_array_equal(read_mask(study.get_label_uri("a", FINAL)), mask_of(1))
    study.remove_label("a", FINAL)
    assert study.get_unlabeled_images() == ["a", "b", "c"]
    replace_image(study, other, is_seen_gone=False)
    assert_array_equal(read_mask(study.get_label_uri("a", FINAL)), mask_of(2))
    before = tables(study.store)
    assert tables(rebuild(folder, study.store.settings)) == before
    assert_whole(study.store)


def test_a_label_of_the_picture_before_can_be_given_to_the_new_one(study: StudyDatastore, other: Path) -> None:
    submit(study, "a", 1)
    replace_image(study, other, is_seen_gone=True)
    assert restore(study.store, "a", 1, "ben") == 2
    assert_array_equal(read_mask(study.get_label_uri("a", FINAL)), mask_of(1))
    study.refresh()
    assert study.get_labeled_images() == ["a"]
    assert_whole(study.store)


def test_a_picture_that_was_only_touched_keeps_its_label(study: StudyDatastore, folder: Path) -> None:
    submit(study, "a", 1)
    (folder / "a.png").touch()
    study.refresh()
    assert study.get_labeled_images() == ["a"]
    assert_whole(study.store)


def test_a_label_put_there_while_its_picture_is_away_is_none_of_another(study: StudyDatastore, folder: Path, other: Path) -> None:
    submit(study, "a", 1)
    (folder / "a.png").unlink()
    study.refresh()
    write_itk(folder / "labels/final/a.nrrd", mask_of(777))
    study.refresh()
    assert len(entries(study.store, "a")) == 2
    replace_image(study, other, is_seen_gone=True)
    assert study.get_unlabeled_images() == ["a", "b", "c"]


def test_a_label_was_corrected_from_a_prediction_of_its_own_picture(study: StudyDatastore, other: Path) -> None:
    def predict() -> None:
        picture = Picture.at(Path(study.get_image_uri("a")))
        study.keep_prediction(picture, encoded(MASK, Geometry(MASK.shape)), "shipped")

    predict()
    replace_image(study, other, is_seen_gone=True)
    submit(study, "a", 1)
    predict()
    submit(study, "a", 2)
    assert [(e.facts["tag"], e.facts["prediction"]) for e in entries(study.store, "a")] == [
        (ORIGINAL, None),
        (FINAL, None),
        (ORIGINAL, None),
        (FINAL, 3),
    ]


def test_a_study_whose_database_was_lost_knows_its_pictures_again(study: StudyDatastore, folder: Path, other: Path) -> None:
    submit(study, "a", 1)
    submit(study, "b", 2)
    shutil.copyfile(other, folder / "a.png")
    again = rebuild(folder, study.store.settings)
    assert [label.id for label in labelled_images(again)] == ["b"]
    assert_whole(again)


def test_a_label_from_before_pictures_were_known_is_from_now_on_of_the_one_that_it_counts_for(
    study: StudyDatastore, folder: Path, other: Path
) -> None:
    submit(study, "a", 1)
    facts = folder / "labels/history/a/0001.json"
    told = json.loads(facts.read_text())
    facts.write_text(json.dumps({key: value for key, value in told.items() if key != "picture"}))
    again = rebuild(folder, study.store.settings)
    assert [label.id for label in labelled_images(again)] == ["a"]
    assert json.loads(facts.read_text()) == told
    replace_image(study, other, is_seen_gone=False)
    assert labelled_images(again) == []
    assert_whole(again)


@pytest.mark.parametrize("is_rebuilt", [False, True])
def test_a_study_that_was_copied_without_the_times_of_its_files_is_the_same(
    study: StudyDatastore, folder: Path, is_rebuilt: bool
) -> None:
    submit(study, "a", 1, who="ann", annotated=["LV"])
    set_status(study.store, "a", 1, APPROVED, "rev")
    before = tables(study.store)["submissions"]
    for path in folder.rglob("*"):
        if path.is_file():
            os.utime(path, ns=(A_DAY, A_DAY))
    if is_rebuilt:
        rebuild(folder, study.store.settings)
    else:
        study.refresh()
    assert tables(study.store)["submissions"] == before
    assert_whole(study.store)


def test_labels_count_while_a_touched_image_is_read(study: StudyDatastore, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    submit(study, "a", 1)
    os.utime(folder / "a.png", ns=(A_DAY, A_DAY))
    digest = Picture.digest
    counted = []

    def looked_at(picture: Picture) -> str | None:
        counted.append(study.get_labeled_images())
        return digest(picture)

    monkeypatch.setattr(Picture, "digest", looked_at)
    study.refresh()
    assert counted == [["a"]]
    assert study.get_labeled_images() == ["a"]
