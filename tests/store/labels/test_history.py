"""Every submission is kept, can be compared, got back and judged."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk
from fastapi import HTTPException
from masks import MASK, assert_whole, mask_of, submit
from numpy.testing import assert_array_equal
from sqlalchemy import select

from fetal_head.biometry import measure
from fetal_head.config import StoreSettings
from fetal_head.imaging import Geometry, read_mask
from fetal_head.store.files.layout import Picture
from fetal_head.store.labels.agreement import agreement
from fetal_head.store.labels.differences import differences
from fetal_head.store.labels.drafts import encoded, read_draft
from fetal_head.store.labels.history import compare, entries, entry, restore, set_status
from fetal_head.store.labels.labelled import labelled_images
from fetal_head.store.labels.settling import FINAL, ORIGINAL
from fetal_head.store.sql.tables import Image
from fetal_head.store.study import StudyDatastore
from pictures import speckle, write_itk, write_picture


def _final(study: StudyDatastore) -> np.ndarray:
    return read_mask(study.get_label_uri("a", FINAL))


def test_each_submission_is_kept_with_who_and_from_what(study: StudyDatastore) -> None:
    path = study.get_image_uri("a")
    for version in ("shipped", "shipped", "v0001"):
        study.keep_prediction(Picture.at(Path(path)), encoded(MASK, Geometry(MASK.shape)), version)
    submit(study, "a", 1, who="ann", seconds=12.5)
    submit(study, "a", 2, who="ben", model_version="shipped", annotated=["BRAIN"])
    submit(study, "a", 3, who="user-xyz")
    told = [entry.facts for entry in entries(study.store, "a")]
    assert [(t["number"], t["tag"], t["model"], t["prediction"], t["who"], t["seconds"]) for t in told] == [
        (1, ORIGINAL, "shipped", None, "", None),
        (2, ORIGINAL, "v0001", None, "", None),
        (3, FINAL, "v0001", 2, "ann", 12.5),
        (4, FINAL, "shipped", 1, "ben", None),
        (5, FINAL, "v0001", 2, "", None),
    ]
    assert told[3]["annotated"] == ["BRAIN"]
    for number in (1, 2, 3):
        assert_array_equal(read_mask(entry(study.store, "a", number + 2).file), mask_of(number))
    assert_array_equal(read_mask(study.get_label_uri("a", ORIGINAL)), MASK)
    assert [e.current for e in entries(study.store, "a")] == [False, True, False, False, True]
    assert_whole(study.store)


def test_a_label_replaces_only_the_one_that_its_annotator_saw(study: StudyDatastore) -> None:
    submit(study, "a", 1, who="ann", replaces=0)
    submit(study, "a", 2, who="ann", replaces=1)
    for seen in (0, 1, 3):
        with pytest.raises(HTTPException, match="version 2 by ann became the label of 'a'") as refused:
            submit(study, "a", 3, who="ben", replaces=seen)
        assert (refused.value.status_code, refused.value.headers) == (412, {"ETag": '"2"'})
    assert_array_equal(_final(study), mask_of(2))
    submit(study, "a", 3, who="ben")
    # one that was rejected since leaves nothing to replace
    set_status(study.store, "a", 3, "rejected", "cleo")
    set_status(study.store, "a", 2, "rejected", "cleo")
    set_status(study.store, "a", 1, "rejected", "cleo")
    submit(study, "a", 4, who="ben", replaces=3)
    assert_array_equal(_final(study), mask_of(4))
    for odd in (-1, "1", 1.0, True):
        with pytest.raises(HTTPException, match="replaces must be the number of a label") as refused:
            submit(study, "a", 3, replaces=odd)
        assert refused.value.status_code == 422


@pytest.mark.parametrize("readers", [1, 2])
def test_a_label_that_is_sent_again_as_its_answer_was_lost_is_kept_once(
    folder: Path, settings: StoreSettings, readers: int
) -> None:
    study = StudyDatastore(str(folder), settings.model_copy(update={"readers": readers}))
    for _ in range(2):
        submit(study, "a", 1, who="ann", replaces=0)
    assert [e.facts["number"] for e in entries(study.store, "a")] == [1]
    # whoever has seen it means another one, as does who says something else
    submit(study, "a", 1, who="ann", replaces=1)
    submit(study, "a", 1, who="ann", replaces=2, annotated=["BRAIN"])
    assert len(entries(study.store, "a")) == 3
    if readers == 1:
        submit(study, "a", 2, who="ben", replaces=3)
        with pytest.raises(HTTPException, match="version 4 by ben became the label of 'a'"):
            submit(study, "a", 1, who="ann", replaces=2, annotated=["BRAIN"])


def test_the_prediction_of_an_image_that_was_replaced_is_kept(study: StudyDatastore) -> None:
    for number in (1, 1, 2):
        picture = Picture.at(Path(study.get_image_uri("a")))
        study.keep_prediction(picture, encoded(mask_of(number), Geometry(MASK.shape)), "shipped")
    submit(study, "a", 3)
    assert [(e.facts["tag"], e.facts["prediction"]) for e in entries(study.store, "a")] == [
        (ORIGINAL, None),
        (ORIGINAL, None),
        (FINAL, 2),
    ]
    assert_array_equal(read_mask(study.get_label_uri("a", ORIGINAL)), mask_of(2))


def test_a_prediction_of_a_file_that_is_none_of_ours_is_not_kept(study: StudyDatastore, tmp_path: Path) -> None:
    study.keep_prediction(Picture.at(tmp_path / "a.png"), encoded(MASK, Geometry(MASK.shape)), "shipped")
    assert entries(study.store, "a") == []


def _replace(study: StudyDatastore, picture: Path, by_hand: bool) -> None:
    if by_hand:
        Path(study.get_image_uri("a")).write_bytes(picture.read_bytes())
    else:
        study.remove_image("a")
        study.add_image("a", str(picture), {})


@pytest.mark.parametrize("by_hand", [False, True])
def test_a_mask_that_was_on_the_way_while_its_picture_was_replaced_is_none_of_the_new_one(
    study: StudyDatastore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, by_hand: bool
) -> None:
    pictures = [write_picture(tmp_path / f"{seed}.png", speckle(*MASK.shape, seed=seed)) for seed in (7, 8)]
    picture = Picture.at(Path(study.get_image_uri("a")))
    _replace(study, pictures[0], by_hand)
    study.keep_prediction(picture, encoded(MASK, Geometry(MASK.shape)), "shipped")
    assert "was replaced while its mask was on the way" in caplog.text

    def slowly(*asked: Any) -> Any:
        draft = read_draft(*asked)
        _replace(study, pictures[1], by_hand)
        return draft

    with monkeypatch.context() as patch:
        patch.setattr("fetal_head.store.study.read_draft", slowly)
        with pytest.raises(HTTPException, match="open it again") as refused:
            submit(study, "a", 1)
    assert refused.value.status_code == 409
    study.refresh()
    assert entries(study.store, "a") == []
    submit(study, "a", 2)
    assert_array_equal(_final(study), mask_of(2))


@pytest.mark.parametrize("seconds", [-1, "long", "nan"])
def test_strange_seconds_are_refused(study: StudyDatastore, seconds: object) -> None:
    with pytest.raises(HTTPException) as refused:
        submit(study, "a", seconds=seconds)
    assert refused.value.status_code == 422


def test_deleting_hides_and_restoring_submits_again(study: StudyDatastore) -> None:
    submit(study, "a", 1)
    submit(study, "a", 2, who="ann", annotated=["BRAIN"])
    study.remove_label("a", FINAL)
    assert study.get_label_uri("a", FINAL) == ""
    assert not (study.store.layout.labels / "final" / "a.nrrd").exists()
    assert study.get_unlabeled_images() == ["a", "b", "c"]
    assert restore(study.store, "a", 2, "ben") == 3
    assert_array_equal(_final(study), mask_of(2))
    told = entry(study.store, "a", 3).facts
    assert (told["who"], told["annotated"]) == ("ann", ["BRAIN"])
    assert (told["info"]["restored"], told["info"]["restored_by"]) == (2, "ben")
    assert_whole(study.store)
    with pytest.raises(HTTPException, match="no submission number 9"):
        restore(study.store, "a", 9, "ben")


def test_whoever_restores_a_label_has_not_read_the_image(study: StudyDatastore) -> None:
    for value, who in ((1, "ann"), (2, "ann"), (3, "ben")):
        submit(study, "a", value, who=who)
    submit(study, "b", 1, who="ann")
    restore(study.store, "a", 1, "chief")
    restore(study.store, "b", 1, "chief")
    assert [pair.people for pair in agreement(study.store)] == [("ann", "ben")]
    with study.store.reading() as session:
        assert dict(session.execute(select(Image.id, Image.readings)).all()) == {"a": 2, "b": 1, "c": 0}


def test_a_rejected_label_gives_way_to_the_one_before(study: StudyDatastore) -> None:
    submit(study, "a", 1)
    submit(study, "a", 2)
    set_status(study.store, "a", 1, "approved", "rev")
    set_status(study.store, "a", 2, "rejected", "rev", "the CSP is missing")
    assert_array_equal(_final(study), mask_of(1))
    assert [label.id for label in labelled_images(study.store)] == ["a"]
    set_status(study.store, "a", 1, "rejected", "rev")
    assert labelled_images(study.store) == []
    assert study.get_unlabeled_images() == ["a", "b", "c"], "it is to be done again"
    set_status(study.store, "a", 2, "submitted", "rev")
    assert_array_equal(_final(study), mask_of(2))
    told = entry(study.store, "a", 1).facts
    assert (told["status"], told["reviewer"]) == ("rejected", "rev")
    assert_whole(study.store)


def test_what_is_learned_from_stays_while_labels_change(study: StudyDatastore) -> None:
    submit(study, "a", 1)
    (label,) = labelled_images(study.store)
    submit(study, "a", 2)
    assert_array_equal(read_mask(label.mask), mask_of(1))
    for number in (1, 2):
        set_status(study.store, "a", number, "rejected", "rev")
    assert_array_equal(read_mask(label.mask), mask_of(1))
    assert study.datalist() == []


def test_clients_are_told_of_labels_where_any_tool_finds_them(study: StudyDatastore) -> None:
    submit(study, "a", 1)
    assert study.datalist() == [{"image": study.get_image_uri("a"), "label": study.get_label_uri("a", FINAL)}]


def test_differences_are_told_by_structure(study: StudyDatastore) -> None:
    submit(study, "a", 3)
    submit(study, "a", 10)
    found = compare(study.store, "a", 1, 2)
    assert found["CSP"].dice == 1
    assert (found["LV"].added, found["LV"].removed) == (7, 0)
    assert found["BRAIN"].added == 7, "BRAIN is the whole head"
    lv = int((mask_of(3) == 3).sum())
    assert found["LV"].dice == pytest.approx(2 * lv / (2 * lv + 7))
    empty = np.zeros_like(MASK)
    assert differences(empty, empty)["LV"].dice is None


def test_segmentations_that_slicer_cut_are_compared_where_they_lie(study: StudyDatastore) -> None:
    """Put into the folder by hand. Without their image two of one size would be the same wherever they are."""
    plain = Path(study.get_image_uri("a")).parent / "labels/final/a.seg.nrrd"
    plain.parent.mkdir(parents=True, exist_ok=True)
    for number, left in enumerate((4, 9), start=1):
        cut = sitk.GetImageFromArray(np.ones((1, 10, 10), dtype=np.uint8))
        for key, value in {"Segment0_Name": "BRAIN", "Segment0_LabelValue": "1", "Segment0_Layer": "0"}.items():
            cut.SetMetaData(key, value)
        cut.SetMetaData("Segmentation_ReferenceImageExtentOffset", f"{left} 3 0")
        sitk.WriteImage(cut, str(plain))
        study.refresh()
        assert len(entries(study.store, "a")) == number
    found = compare(study.store, "a", 1, 2)["BRAIN"]
    assert (found.dice, found.added, found.removed) == (0.5, 50, 50)
    submit(study, "a", 1)
    assert compare(study.store, "a", 2, 3)["CSP"].added > 0


def test_two_readers_are_compared(study: StudyDatastore) -> None:
    study.update_image_info("a", {"spacing": [0.5, 0.5]})
    submit(study, "a", 1, who="ann")
    submit(study, "a", 1, who="ben")
    submit(study, "a", 40, who="ann", annotated=["BRAIN", "LV"])
    submit(study, "b", 1, who="ann")
    (found,) = agreement(study.store)
    assert (found.image, found.people, found.unit) == ("a", ("ann", "ben"), "mm")
    assert set(found.dice) == {"BRAIN", "LV"}, "the one looked for no CSP"
    assert found.dice["BRAIN"] == pytest.approx(differences(mask_of(40), mask_of(1))["BRAIN"].dice)
    assert found.measurements["lv_width"] is not None
    assert found.measurements["csp_width"] is None
    os.utime(study.get_image_uri("a"), ns=(0, 0))
    with pytest.raises(ValueError, match=r"a\.png was replaced while its labels were compared; try again"):
        agreement(study.store)


def test_a_difference_is_the_second_ones_length_minus_the_first_ones(
    tmp_path: Path, folder: Path, settings: StoreSettings
) -> None:
    study = StudyDatastore(str(folder), settings.model_copy(update={"readers": 2}))
    wider = np.roll(MASK == 3, 2, axis=0) & (MASK == 1)
    masks = {"ann": MASK, "ben": np.where(wider, 3, MASK).astype(np.uint8)}
    for who in ("ben", "ann"):
        study.save_label("a", str(write_itk(tmp_path / "mask.nrrd", masks[who])), "final", {"client_id": who})
    (found,) = agreement(study.store)
    assert (found.people, found.unit) == (("ann", "ben"), "px")
    ann, ben = (measure(masks[who], None).lv_width for who in found.people)
    assert ann is not None
    assert ben is not None
    assert found.measurements["lv_width"] == pytest.approx(ben - ann)
    assert ben - ann > 1


def test_a_head_that_somebody_left_out_in_a_tool_of_his_own_is_unknown_too(study: StudyDatastore) -> None:
    submit(study, "a", who="ann")
    write_itk(Path(study.get_label_uri("a", FINAL)), np.where(mask_of(0) == 1, 0, mask_of(0)).astype(np.uint8))
    study.refresh()
    (found,) = agreement(study.store)
    assert found.people == ("", "ann")
    assert found.dice == {"CSP": 1, "LV": 1}
    assert found.measurements["hc"] is None


def test_a_mask_is_none_of_the_picture_that_came_since_it_was_known_what_it_was_drawn_on(
    study: StudyDatastore, tmp_path: Path
) -> None:
    drawn_on = Picture.at(Path(study.get_image_uri("a")))
    _replace(study, write_picture(tmp_path / "7.png", speckle(*MASK.shape, seed=7)), by_hand=True)
    with pytest.raises(HTTPException, match="open it again") as refused:
        study.submit_label("a", str(write_itk(tmp_path / "mask.nrrd", MASK)), FINAL, {}, drawn_on)
    assert refused.value.status_code == 409
