"""What others do in the study folder: taken in, and nothing of theirs changed."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import pytest
from masks import MASK, assert_whole, mask_of, submit
from monailabel.datastore.local import LocalDatastore
from numpy.testing import assert_array_equal
from pydicom import dcmread

from fetal_head.config import StoreSettings
from fetal_head.datasets import Case, StudyWriter
from fetal_head.imaging import read_mask
from fetal_head.store.intake.scan import take_in
from fetal_head.store.labels.history import entries
from fetal_head.store.labels.labelled import labelled_images
from fetal_head.store.labels.settling import FINAL, ORIGINAL
from fetal_head.store.recovery.checking import check
from fetal_head.store.study import StudyDatastore
from pictures import speckle, write_dicom, write_itk, write_picture


def _content(folder: Path) -> dict[str, bytes]:
    ours = ("labels/history", ".fetal_head")
    paths = {path: path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    return {name: path.read_bytes() for path, name in paths.items() if not name.startswith(ours)}


@pytest.fixture
def stock(folder: Path, tmp_path: Path) -> Path:
    """A folder that MONAI Label itself has worked in."""
    datastore = LocalDatastore(str(folder), extensions=("*.png", "*.nrrd", "*.nii.gz"))
    mask = write_itk(tmp_path / "mask.nii.gz", MASK)
    datastore.save_label("a", str(mask), FINAL, {"annotated": ["BRAIN"], "client_id": "ann"})
    datastore.save_label("a", str(mask), ORIGINAL, {"params": {"latencies": 1}})
    datastore.save_label("b", str(mask), "second", {})
    datastore.update_image_info("c", {"patient": "P7", "spacing": [0.1, 0.2]})
    datastore.set_name("ward 3")
    return folder


def test_a_stock_folder_is_taken_in_whole_and_left_as_it_was(stock: Path, settings: StoreSettings) -> None:
    before = _content(stock)
    study = StudyDatastore(str(stock), settings)
    assert study.name() == "ward 3"
    assert study.list_images() == ["a", "b", "c"]
    assert study.status() == {"total": 3, "completed": 1, "label_tags": {FINAL: 1, ORIGINAL: 1, "second": 1}}
    assert study.get_label_info("a", FINAL)["annotated"] == ["BRAIN"]
    assert study.get_label_info("a", FINAL)["client_id"] == "ann"
    assert study.get_label_info("a", ORIGINAL)["params"] == {"latencies": 1}
    assert {"patient": "P7", "spacing": [0.1, 0.2]}.items() <= study.get_image_info("c").items()
    assert_array_equal(read_mask(study.get_label_uri("b", "second")), MASK)
    assert _content(stock) == before
    assert_whole(study.store)
    again = StudyDatastore(str(stock), settings)
    assert [entry.facts["number"] for entry in entries(again.store, "a")] == [1, 2], "nothing is taken in twice"


def test_a_damaged_index_stops_the_first_start_and_no_later_one(stock: Path, settings: StoreSettings) -> None:
    index = stock / "datastore_v2.json"
    whole = index.read_text()
    index.write_text(whole[: len(whole) // 2])
    with pytest.raises(ValueError, match=r"datastore_v2\.json is damaged"):
        StudyDatastore(str(stock), settings)
    index.write_text(whole)
    StudyDatastore(str(stock), settings)
    index.write_text(whole[: len(whole) // 2])
    assert StudyDatastore(str(stock), settings).get_label_info("a", FINAL)["annotated"] == ["BRAIN"]


def test_no_log_tells_what_a_damaged_index_says_of_a_patient(
    study: StudyDatastore, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    index = folder / "datastore_v2.json"
    index.write_text('{"objects": {"a": {"image": {"info": {"patient": 19580312471}}}}}')
    study.refresh()
    (said,) = [record.getMessage() for record in caplog.records]
    assert said.startswith(f"{index} is damaged")
    assert "`fetal-head store check` tells" in said
    assert "19580312471" not in caplog.text
    (difference,) = check(study.store)
    assert "patient must be a text" in difference


def test_a_later_import_comes_in_with_its_info(tmp_path: Path, settings: StoreSettings) -> None:
    folder = tmp_path / "study"
    with StudyWriter(folder) as writer:
        writer.add(Case("old", speckle(60, 90), MASK, ("BRAIN", "CSP", "LV"), patient="P1"))
    study = StudyDatastore(str(folder), settings)
    submit(study, "old", 5)
    study.update_image_info("old", {"patient": "P1a"})
    with StudyWriter(folder) as writer:
        writer.add(Case("new", speckle(60, 90, seed=1), (MASK > 0).astype("uint8"), ("BRAIN",), patient="P2", spacing=(0.1, 0.2)))
    # the files come before the index that tells of them
    index = folder / "datastore_v2.json"
    aside = index.rename(tmp_path / "later")
    study.refresh()
    assert study.get_label_info("new", FINAL).get("annotated") is None
    aside.rename(index)
    study.refresh()
    told = {label.id: (label.patient, label.annotated) for label in labelled_images(study.store)}
    assert told == {"old": ("P1a", ("BRAIN", "CSP", "LV")), "new": ("P2", ("BRAIN",))}
    assert study.get_image_info("new")["spacing"] == [0.1, 0.2]
    assert_array_equal(read_mask(study.get_label_uri("old", FINAL)), mask_of(5))
    assert_whole(study.store)


def test_an_index_that_comes_before_its_files_tells_of_them(tmp_path: Path, settings: StoreSettings) -> None:
    """As programs copy a folder; nobody looked for CSP and LV here."""
    with StudyWriter(tmp_path / "imported") as writer:
        head = (MASK > 0).astype("uint8")
        writer.add(Case("new", speckle(60, 90, seed=1), head, ("BRAIN",), patient="P2", spacing=(0.1, 0.2)))
    folder = tmp_path / "study"
    folder.mkdir()
    study = StudyDatastore(str(folder), settings)
    for path in ("datastore_v2.json", "new.png", "labels/final/new.nrrd"):
        (folder / path).parent.mkdir(exist_ok=True)
        shutil.copy2(tmp_path / "imported" / path, folder / path)
        study.refresh()
    assert [(label.patient, label.annotated) for label in labelled_images(study.store)] == [("P2", ("BRAIN",))]
    assert study.get_image_info("new")["spacing"] == [0.1, 0.2]
    write_itk(folder / "labels/final/new.nrrd", mask_of(1))
    study.refresh()
    assert study.get_label_info("new", FINAL).get("annotated") is None, "it tells of the label before"
    assert_whole(study.store)


def test_images_come_and_go_and_come_back_with_their_labels(study: StudyDatastore, folder: Path, tmp_path: Path) -> None:
    submit(study, "a")
    shutil.move(folder / "a.png", tmp_path / "a.png")
    write_picture(folder / "d.jpg", speckle(60, 90))
    (folder / ".hidden.png").write_bytes(b"")
    study.refresh()
    assert study.list_images() == ["b", "c", "d"]
    assert study.status()["completed"] == 0
    shutil.move(tmp_path / "a.png", folder / "a.png")
    study.refresh()
    assert study.get_labeled_images() == ["a"]
    assert_whole(study.store)


def test_a_label_stays_with_its_picture_when_another_of_the_same_id_comes(study: StudyDatastore, folder: Path) -> None:
    submit(study, "b")
    write_picture(folder / "b.jpg", speckle(60, 90, seed=9))
    study.refresh()
    assert [label.image.name for label in labelled_images(study.store)] == ["b.png"]
    (folder / "b.png").unlink()
    study.refresh()
    assert study.get_image_info("b")["name"] == "b.jpg"


def test_files_that_are_being_written_are_left_for_later(study: StudyDatastore, folder: Path) -> None:
    write_picture(folder / "d.png", speckle(60, 90))
    take_in(study.store, quiet_for=0.5)
    assert "d" not in study.list_images()
    time.sleep(0.6)
    take_in(study.store, quiet_for=0.5)
    assert "d" in study.list_images()


def test_a_database_is_not_taken_for_that_of_another_study(folder: Path, tmp_path: Path, settings: StoreSettings) -> None:
    StudyDatastore(str(folder), settings)
    shutil.copytree(folder, tmp_path / "other", ignore=shutil.ignore_patterns(".fetal_head"))
    if settings.database_url == "embedded":
        assert StudyDatastore(str(tmp_path / "other"), settings).list_images() == ["a", "b", "c"]
    else:
        with pytest.raises(ValueError, match="belongs to another study"):
            StudyDatastore(str(tmp_path / "other"), settings)


def test_dicom_says_whose_image_it_is_without_telling_who(folder: Path, settings: StoreSettings, tmp_path: Path) -> None:
    pixels = speckle(*MASK.shape, seed=3)
    # not hexadecimal, as the names are that stand for them: those hold any four digits now and then
    for name, patient in (("d", "Q4711"), ("e", "Q4711"), ("f", "Q4712"), ("g", "")):
        dataset = dcmread(write_dicom(folder / f"{name}.dcm", pixels))
        dataset.PatientID = patient
        dataset.save_as(folder / f"{name}.dcm")
    study = StudyDatastore(str(folder), settings)
    patients = {name: study.get_image_info(name)["patient"] for name in "defg"}
    assert patients["d"] == patients["e"]
    assert len(set(patients.values())) == 3, "one without an id is known by his study"
    assert not any(number in patient for patient in patients.values() for number in ("Q4711", "Q4712"))
    assert "patient" not in study.get_image_info("a")
    uploaded = write_dicom(tmp_path / "h.dcm", pixels)
    study.add_image("h", str(uploaded), {})
    study.add_image("i", str(uploaded), {"patient": "told"})
    assert study.get_image_info("h")["patient"] not in ("P1", *patients.values())
    assert study.get_image_info("i")["patient"] == "told"
