"""What clients and indexes say: kept when any database can keep it and any client read it, refused with 422 otherwise."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from masks import MASK, assert_whole, next_image, submit

from fetal_head.config import StoreSettings
from fetal_head.pseudonym import pseudonym
from fetal_head.store.errors import StoreError
from fetal_head.store.files.names import NOT_READ_BACK
from fetal_head.store.intake.index import read_index
from fetal_head.store.labels.history import entries, set_status
from fetal_head.store.people import who_is
from fetal_head.store.recovery.checking import check
from fetal_head.store.study import StudyDatastore
from fetal_head.store.worklist.set_aside import skip
from hostile.strings import STRANGE_JSON, TEXTS, WRONG_INFO, WRONG_PARAMS
from pictures import speckle, write_itk, write_picture


@pytest.mark.parametrize("name", STRANGE_JSON)
def test_what_no_client_could_be_told_again_is_refused(study: StudyDatastore, name: str) -> None:
    said = json.loads(STRANGE_JSON[name])
    submit(study, "a")
    for refused in (
        lambda: submit(study, "a", **said),
        lambda: study.update_image_info("a", said),
        lambda: study.update_label_info("a", "final", said),
    ):
        with pytest.raises(StoreError) as error:
            refused()
        assert error.value.status_code == 422
    assert len(entries(study.store, "a")) == 1
    assert_whole(study.store)


def test_what_is_said_piece_by_piece_gets_no_longer_than_at_once(study: StudyDatastore) -> None:
    submit(study, "a")
    for say in (lambda said: study.update_image_info("a", said), lambda said: study.update_label_info("a", "final", said)):
        say({"x": "a" * 40_000})
        with pytest.raises(StoreError, match="at most 65536 are accepted") as error:
            say({"y": "a" * 40_000})
        assert error.value.status_code == 422
        say({"x": "", "y": "a" * 40_000})
    assert study.get_image_info("a")["x"] == study.get_label_info("a", "final")["x"] == ""
    assert_whole(study.store)


def test_texts_are_kept_as_they_are(study: StudyDatastore) -> None:
    for text in TEXTS:
        submit(study, "a", who=text, note=text)
        study.update_image_info("a", {"patient": text})
        set_status(study.store, "a", len(entries(study.store, "a")), "approved", text, text)
        assert study.get_image_info("a")["patient"] == study.get_label_info("a", "final")["note"] == text
        assert entries(study.store, "a")[-1].facts["who"] == entries(study.store, "a")[-1].facts["comment"] == text
    assert_whole(study.store)


@pytest.mark.parametrize(("key", "value"), WRONG_PARAMS, ids=lambda value: str(value)[:20])
def test_a_label_with_what_makes_no_sense_is_refused(study: StudyDatastore, key: str, value: Any) -> None:
    with pytest.raises(StoreError) as error:
        submit(study, "a", **{key: value})
    assert error.value.status_code == 422
    assert entries(study.store, "a") == []


@pytest.mark.parametrize(("key", "value"), WRONG_INFO, ids=lambda value: str(value)[:20])
def test_info_of_an_image_that_makes_no_sense_is_refused(study: StudyDatastore, key: str, value: Any, tmp_path: Path) -> None:
    for refused in (
        lambda: study.update_image_info("a", {key: value}),
        lambda: study.add_image("new", str(write_picture(tmp_path / "x.png", speckle(30, 40))), {key: value}),
    ):
        with pytest.raises(StoreError) as error:
            refused()
        assert error.value.status_code == 422
    index = tmp_path / "datastore_v2.json"
    index.write_text(json.dumps({"objects": {"a": {"image": {"ext": ".png", "info": {key: value}}}}}))
    with pytest.raises(ValueError, match=f"is damaged.*{key}"):
        read_index(index)


def test_nobody_sets_an_image_aside_in_another_name(study: StudyDatastore, tmp_path: Path) -> None:
    said = {"flag": {"comment": "no head", "who": "rita"}, "skipped": ["rita"], "plane": "TV"}
    study.add_image("d", str(write_picture(tmp_path / "x.png", speckle(30, 40))), said)
    skip(study.store, "a", "ann")
    study.update_image_info("a", said)
    for image, skipped in (("a", ["ann"]), ("d", None)):
        told = study.get_image_info(image)
        assert (told["plane"], told.get("flag"), told.get("skipped")) == ("TV", None, skipped)


def test_what_an_approved_label_speaks_of_is_changed_by_reviewers_alone(study: StudyDatastore) -> None:
    submit(study, "a", annotated=["BRAIN", "CSP"])
    study.update_label_info("a", "final", {"annotated": ["BRAIN"]}, may_review=False)
    set_status(study.store, "a", 1, "approved", "rita")
    with pytest.raises(StoreError, match="is approved as it is; submit another one") as refused:
        study.update_label_info("a", "final", {"annotated": ["BRAIN", "CSP"], "note": "x"}, may_review=False)
    assert refused.value.status_code == 403
    study.update_label_info("a", "final", {"annotated": ["BRAIN"], "note": "y"}, may_review=False)
    assert [study.get_label_info("a", "final")[key] for key in ("annotated", "note")] == [["BRAIN"], "y"]
    study.update_label_info("a", "final", {"annotated": ["CSP"]})
    assert study.get_label_info("a", "final")["annotated"] == ["CSP"]
    assert_whole(study.store)


def test_a_head_without_a_pixel_is_not_said_to_be_annotated(study: StudyDatastore, tmp_path: Path) -> None:
    cut = write_itk(tmp_path / "mask.nrrd", np.where(MASK == 1, 0, MASK).astype(np.uint8))
    study.save_label("a", str(cut), "final", {})
    study.update_label_info("a", "final", {"annotated": ["BRAIN", "CSP"]})
    assert study.get_label_info("a", "final")["annotated"] == ["CSP"]
    with pytest.raises(StoreError, match="annotated names no structure"):
        study.update_label_info("a", "final", {"annotated": ["BRAIN"]})
    assert study.get_label_info("a", "final")["annotated"] == ["CSP"]
    assert_whole(study.store)


@pytest.mark.parametrize("name", ["a\0b", "\ud800", "x" * 5000])
def test_names_that_no_database_holds_are_unknown_and_nobody(study: StudyDatastore, name: str) -> None:
    with pytest.raises(StoreError, match="client_id"):
        who_is({"client_id": name})
    for asked in (study.get_image_uri, study.get_image_info, study.get_labels_by_image_id):
        try:
            assert not asked(name)
        except StoreError as error:
            assert error.status_code == 422  # noqa: PT017
    with pytest.raises(StoreError, match="comment"):
        set_status(study.store, "a", 1, "approved", "ann", name * 5000)


@pytest.mark.parametrize("number", [10**30, -(10**30)])
def test_a_number_that_no_database_holds_is_refused(study: StudyDatastore, number: int) -> None:
    with pytest.raises(StoreError) as error:
        set_status(study.store, "a", number, "approved", "ann")
    assert error.value.status_code in (404, 422)


@pytest.mark.parametrize("name", ["CON", "nul.x", "a.", "a ", "lpt1", "..", "a\\b", "a:b", "а", "a\n"])
def test_ids_and_tags_fit_every_system(study: StudyDatastore, name: str, tmp_path: Path) -> None:
    with pytest.raises(StoreError) as error:
        study.add_image(name, str(write_picture(tmp_path / "x.png", speckle(30, 40))), {})
    assert error.value.status_code == 422
    with pytest.raises(StoreError):
        submit(study, "a", tag=name)


@pytest.mark.parametrize("name", ["d.seg", "d.SEG", "d.nii.seg"])
def test_an_id_that_its_files_do_not_tell_again_is_no_id(
    folder: Path, settings: StoreSettings, tmp_path: Path, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    write_picture(folder / f"{name}.png", speckle(60, 90))
    study = StudyDatastore(str(folder), settings)
    assert study.list_images() == ["a", "b", "c"]
    study.refresh()
    assert [record.message for record in caplog.records if pseudonym(f"{name}.png") in record.message] == [
        f"{pseudonym(f'{name}.png')} in the study folder is left out: {NOT_READ_BACK}; "
        "`fetal-head store check` tells what it is called"
    ]
    assert check(study.store) == [f"{name}.png is left out; the server's log says why"]
    for picture in (write_picture(tmp_path / "x.png", speckle(30, 40)), write_itk(tmp_path / "x.nrrd", speckle(30, 40))):
        with pytest.raises(StoreError, match="is not accepted: its id ends like"):
            study.add_image(name, str(picture), {})


@pytest.mark.parametrize("name", ["seg", "d.nii", "d.seg.x", "d.nrrd", "d.png"])
def test_any_other_id_with_dots_is_read_back_from_every_file(study: StudyDatastore, tmp_path: Path, name: str) -> None:
    study.add_image(name, str(write_itk(tmp_path / "x.nrrd", speckle(60, 90))), {})
    submit(study, name)
    study.refresh()
    assert name in study.list_images()
    assert study.get_labeled_images() == [name]
    assert_whole(study.store)


@pytest.mark.parametrize(
    "content", ["[" * 100_000, '{"objects": []}', '{"objects": {"a": 5}}', '{"objects": {"a": {"image": {"info": [1]}}}}']
)
def test_a_hostile_index_is_told_to_be_damaged(tmp_path: Path, content: str) -> None:
    (tmp_path / "index.json").write_text(content)
    with pytest.raises(ValueError, match="is damaged"):
        read_index(tmp_path / "index.json")


def test_files_whose_names_are_no_text_are_left_alone(folder: Path, settings: StoreSettings) -> None:
    (folder / "a.png").rename(folder / b"\xff\xfe.png".decode(errors="surrogateescape"))
    study = StudyDatastore(str(folder), settings)
    assert study.list_images() == ["b", "c"]
    assert next_image(study, "ann") == "b"
