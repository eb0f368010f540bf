"""What is said of an image is of its file, whatever file has its name later."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pydicom
import pytest
from masks import replace_image, submit, tables

from fetal_head.imaging import read_image
from fetal_head.store.intake.scan import rebuild
from fetal_head.store.labels.exported import exported
from fetal_head.store.study import StudyDatastore
from pictures import speckle, write_dicom, write_picture

A_DAY = 1_700_000_000 * 10**9


@pytest.mark.parametrize("is_seen_gone", [False, True])
def test_a_pixel_size_stays_away_from_another_file_and_comes_back_with_its_own(
    study: StudyDatastore, folder: Path, tmp_path: Path, other: Path, caplog: pytest.LogCaptureFixture, is_seen_gone: bool
) -> None:
    own = Path(shutil.copyfile(folder / "a.png", tmp_path / "own.png"))
    study.update_image_info("a", {"patient": "P1", "spacing": [0.1, 0.2]})
    replace_image(study, own, is_seen_gone=is_seen_gone)
    assert study.get_image_info("a")["spacing"] == [0.1, 0.2], "the same file, copied"

    replace_image(study, other, is_seen_gone=is_seen_gone)
    path = study.get_image_uri("a")
    assert study.spacing_of(path, read_image(path)[1]) is None
    assert "spacing" not in study.get_image_info("a")
    assert study.get_image_info("a")["patient"] == "P1", "the name tells whose image it is"
    assert "another file than the one whose pixel size was told" in caplog.text
    submit(study, "a", 1)
    label = exported(study.store, "a")
    assert label is not None
    assert label.spacing is None

    replace_image(study, own, is_seen_gone=is_seen_gone)
    assert study.get_image_info("a")["spacing"] == [0.1, 0.2]
    replace_image(study, other, is_seen_gone=is_seen_gone)
    study.update_image_info("a", {"spacing": [0.3, 0.3]})
    assert study.get_image_info("a")["spacing"] == [0.3, 0.3], "told of this one"
    before = tables(study.store)
    assert tables(rebuild(folder, study.store.settings)) == before


def test_a_pixel_size_that_an_index_told_stays_with_its_file_when_the_database_is_lost(
    study: StudyDatastore, folder: Path, other: Path
) -> None:
    size = (folder / "b.png").stat().st_size
    said: dict[str, dict[str, object]] = {
        "a": {"spacing": [0.1, 0.1]},
        "b": {"spacing": [0.1, 0.2], "file_size": size},
        "c": {"spacing": [0.2, 0.2], "file_size": size + 1},
    }
    _write_index(folder, said)
    study.refresh()
    assert [study.get_image_info(image).get("spacing") for image in "abc"] == [[0.1, 0.1], [0.1, 0.2], None]
    assert "file_size" not in study.get_image_info("b")
    replace_image(study, other, is_seen_gone=False)
    assert "spacing" not in study.get_image_info("a")
    before = tables(study.store)
    assert tables(rebuild(folder, study.store.settings)) == before


def test_an_index_that_comes_while_an_image_is_away_is_kept_for_its_return(
    study: StudyDatastore, folder: Path, tmp_path: Path
) -> None:
    away = (folder / "a.png").rename(tmp_path / "a.png")
    study.refresh()
    _write_index(folder, {"a": {"spacing": [0.1, 0.1]}})
    study.refresh()
    away.rename(folder / "a.png")
    study.refresh()
    assert study.get_image_info("a")["spacing"] == [0.1, 0.1]


def test_whoever_asks_for_an_image_that_was_written_over_in_place_gets_nothing_of_the_old_one(
    study: StudyDatastore, folder: Path, other: Path
) -> None:
    submit(study, "a", 1)
    study.update_image_info("a", {"spacing": [0.1, 0.2]})
    (folder / "a.png").write_bytes(other.read_bytes())
    study.update_image_info("b", {"spacing": [0.1, 0.2]})
    (folder / "b.png").write_bytes(other.read_bytes())
    study.update_image_info("b", {"spacing": [0.3, 0.3]})
    for image in "ab":
        os.utime(folder / f"{image}.png", ns=(A_DAY, A_DAY))
    path = study.get_image_uri("a")
    assert study.spacing_of(path, read_image(path)[1]) is None
    assert study.get_labeled_images() == []
    assert study.get_image_info("b")["spacing"] == [0.3, 0.3], "told of the new one, before anybody looked"


def test_nor_in_the_second_in_which_it_is_written(study: StudyDatastore, folder: Path, other: Path) -> None:
    study.update_image_info("a", {"spacing": [0.1, 0.2]})
    (folder / "a.png").write_bytes(other.read_bytes())
    path = study.get_image_uri("a")
    geometry = read_image(path)[1]
    assert study.spacing_of(path, geometry) is None
    study.update_image_info("a", {"spacing": [0.3, 0.3]})
    assert study.spacing_of(path, geometry) == (0.3, 0.3)


def test_a_pixel_size_is_not_that_of_another_picture_whose_file_is_as_long(study: StudyDatastore, folder: Path) -> None:
    """As all BMP, plain TIFF and DICOM of one machine are."""
    for image in ("m", "n"):
        write_picture(folder / f"{image}.bmp", speckle(60, 90))
        study.refresh()
        study.update_image_info(image, {"spacing": [0.1, 0.2]})
        submit(study, image, 1)
        os.utime(folder / f"{image}.bmp", ns=(A_DAY, A_DAY))
        study.refresh()
        assert study.get_image_info(image)["spacing"] == [0.1, 0.2], "the same picture"
        write_picture(folder / f"{image}.bmp", speckle(60, 90, seed=1))
    study.update_image_info("n", {"spacing": [0.3, 0.3]})
    path = study.get_image_uri("m")
    study.refresh()
    assert study.spacing_of(path, read_image(path)[1]) is None
    assert study.get_image_info("n")["spacing"] == [0.3, 0.3], "told of the new one, before anybody looked"
    assert not {"m", "n"} & {*study.get_labeled_images()}
    submit(study, "n", 1)
    before = tables(study.store)
    assert tables(rebuild(folder, study.store.settings)) == before
    study.update_image_info("m", {"spacing": [0.4, 0.4]})
    assert study.get_image_info("m")["spacing"] == [0.4, 0.4]


@pytest.mark.parametrize("is_seen_gone", [False, True])
def test_a_dicom_file_of_another_patient_is_his(study: StudyDatastore, folder: Path, tmp_path: Path, is_seen_gone: bool) -> None:
    anna, berta = (_dicom_of(patient, tmp_path) for patient in ("anna", "berta"))
    shutil.copyfile(anna, folder / "d.dcm")
    study.refresh()
    of_anna = study.get_image_info("d")["patient"]
    study.update_image_info("d", {"plane": "TV"})
    os.utime(folder / "d.dcm", ns=(A_DAY, A_DAY))
    study.refresh()
    assert study.get_image_info("d")["patient"] == of_anna

    (folder / "d.dcm").unlink()
    if is_seen_gone:
        study.refresh()
    shutil.copyfile(berta, folder / "d.dcm")
    study.refresh()
    assert study.get_image_info("d")["patient"] not in (None, of_anna)
    before = tables(study.store)
    assert tables(rebuild(folder, study.store.settings)) == before

    study.update_image_info("d", {"patient": "P7"})
    os.utime(folder / "d.dcm", ns=(A_DAY + 1, A_DAY + 1))
    study.refresh()
    assert study.get_image_info("d")["patient"] == "P7", "told of this very patient"


def _dicom_of(patient: str, folder: Path) -> Path:
    path = write_dicom(folder / f"{patient}.dcm", speckle(60, 90))
    dataset = pydicom.dcmread(path)
    dataset.PatientID = patient
    dataset.save_as(path)
    return path


def _write_index(folder: Path, said: dict[str, dict[str, object]]) -> None:
    objects = {image: {"image": {"ext": ".png", "info": info}, "labels": {}} for image, info in said.items()}
    (folder / "datastore_v2.json").write_text(json.dumps({"objects": objects}))
