"""A study's images as DICOM knows them: found by any identifier, whatever happens to the files."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from fetal_head.config import StoreSettings, load_settings
from fetal_head.dicomweb.query import LONGEST_TEXT, Query, read_query
from fetal_head.pseudonym import pseudonym
from fetal_head.store.dicom.instances import Instances, Known
from fetal_head.store.intake.scan import rebuild, take_in
from fetal_head.store.recovery.backup import backup, restore_backup
from fetal_head.store.study import StudyDatastore
from pictures import speckle, write_picture

EMBEDDED = StoreSettings(database_url="embedded", lease_minutes=30, readers=1)


@pytest.fixture
def patients(study: StudyDatastore) -> StudyDatastore:
    """The images a and b are Ann's, c is its own patient's."""
    for image in "ab":
        study.update_image_info(image, {"patient": "Ann"})
    study.update_image_info("a", {"spacing": [0.2, 0.1]})
    return study


@pytest.fixture
def instances(patients: StudyDatastore) -> Instances:
    return Instances(patients.store, named=True)


def one(instances: Instances, image: str) -> Known:
    (found,) = instances.find(image=image)
    return found


def test_a_study_a_patient_a_series_an_image(instances: Instances) -> None:
    studies, left = instances.studies(Query())
    assert ([(study.patient, study.count) for study in studies], left) == ([("Ann", 2), ("c", 1)], 0)
    images, left = instances.images(Query())
    assert ([image.image for image in images], left) == (["a", "b", "c"], 0)
    assert images[0].uids.study == images[1].uids.study == studies[0].uid
    assert len({image.uids.series for image in images}) == len({image.uids.instance for image in images}) == 3
    assert [image.spacing for image in images] == [(0.2, 0.1), None, None]
    for image in images:
        assert instances.find(series=image.uids.series) == instances.find(uid=image.uids.instance) == [image]


def test_pages(instances: Instances) -> None:
    found = [instances.images(Query(limit=1, offset=offset)) for offset in range(4)]
    assert [([image.image for image in page], left) for page, left in found] == [(["a"], 2), (["b"], 1), (["c"], 0), ([], 0)]
    assert [left for _, left in (instances.studies(Query(limit=limit)) for limit in (0, 1, 2))] == [2, 1, 0]


@pytest.mark.parametrize(
    ("keyword", "pattern", "found"),
    [
        ("PatientID", "Ann", "ab"),
        ("PatientID", "ann", ""),
        ("PatientName", "aNN", "ab"),
        ("PatientName", "*N?", "ab"),
        ("PatientName", "a_n", ""),
        ("PatientName", "%", ""),
        ("PatientID", "?", "c"),
    ],
)
def test_names(instances: Instances, keyword: str, pattern: str, found: str) -> None:
    query = Query(wanted={keyword: (pattern,)})
    assert "".join(image.image for image in instances.images(query)[0]) == found
    assert sum(study.count for study in instances.studies(query)[0]) == len(found)


@pytest.mark.parametrize("pattern", ["MÜLLER", "müll*", "?ÜLL?R", "mu\u0308ller"])
def test_case_counts_for_no_name_in_any_language(instances: Instances, patients: StudyDatastore, pattern: str) -> None:
    patients.update_image_info("c", {"patient": "Müller"})
    for keyword in ("PatientName", "PatientID") if "*" in pattern else ("PatientName",):
        query = Query(wanted={keyword: (pattern,)})
        assert [image.image for image in instances.images(query)[0]] == ["c"]


@pytest.mark.parametrize(("one_patient", "other"), [("P" * 64 + "1", "P" * 64 + "2"), ("P=1", "P_1"), ("P ", "P"), ("\t", "\n")])
def test_two_patients_never_have_the_same_number(
    instances: Instances, patients: StudyDatastore, one_patient: str, other: str
) -> None:
    """Viewers and archives would take them for one."""
    for image, patient in (("a", one_patient), ("b", other)):
        patients.update_image_info(image, {"patient": patient})
    numbers = [one(instances, image).patient for image in "ab"]
    assert numbers[0] != numbers[1]
    assert all(0 < len(number) <= 64 and number == number.strip() for number in numbers)


def test_the_longest_pattern_is_none_too_many(instances: Instances) -> None:
    """In small letters this character is three."""
    query = read_query([("PatientName", "ΐ" * LONGEST_TEXT)])
    assert instances.images(query) == ([], 0)


def test_of_a_study_that_is_found_by_an_image_all_images_count(instances: Instances) -> None:
    for keyword, uid in zip(("SeriesInstanceUID", "SOPInstanceUID"), one(instances, "b").uids[1:], strict=True):
        studies, _ = instances.studies(Query(wanted={keyword: (uid, "1.2.3")}))
        assert [(study.patient, study.count) for study in studies] == [("Ann", 2)]


def test_pseudonyms_tell_no_name(patients: StudyDatastore) -> None:
    hidden = Instances(patients.store, named=False)
    names = {name for image in hidden.images(Query())[0] for name in (image.patient, image.name)}
    assert all(len(name) == 12 for name in names)
    assert hidden.studies(Query(wanted={"PatientName": ("Ann",)})) == ([], 0)
    (found,) = hidden.studies(Query(wanted={"PatientName": (one(hidden, "a").patient,)}))[0]
    assert found.count == 2


def test_what_changes_when(instances: Instances, patients: StudyDatastore, folder: Path) -> None:
    before = one(instances, "a").uids
    patients.update_image_info("a", {"plane": "TV", "spacing": [0.3, 0.3]})
    assert one(instances, "a").uids == before, "the picture is the same"
    assert one(instances, "a").spacing == (0.3, 0.3)
    write_picture(folder / "a.png", speckle(60, 90, seed=9))
    os.utime(folder / "a.png", ns=(1, 1))
    take_in(patients.store)
    replaced = one(instances, "a").uids
    assert replaced[:2] == before[:2]
    assert instances.find(uid=before.instance) == []
    patients.update_image_info("a", {"patient": "Bea"})
    moved = one(instances, "a").uids
    assert not set(moved) & set(replaced)
    assert [study.patient for study in instances.studies(Query())[0]] == ["Ann", "Bea", "c"]
    patients.remove_image("a")
    assert instances.find(image="a") == instances.find(series=moved.series) == []
    assert [study.patient for study in instances.studies(Query())[0]] == ["Ann", "c"]


def test_identifiers_outlive_the_database(
    instances: Instances, patients: StudyDatastore, folder: Path, settings: StoreSettings, tmp_path: Path
) -> None:
    before = {image.image: image.uids for image in instances.images(Query())[0]}
    again = Instances(StudyDatastore(str(folder), settings).store, named=False)
    assert {image.image: image.uids for image in again.images(Query())[0]} == before
    rebuilt = Instances(rebuild(folder, settings), named=False)
    assert {image.image: image.uids for image in rebuilt.images(Query())[0]} == before
    assert backup(patients.store, tmp_path / "backup").missing == []
    restored = Instances(restore_backup(tmp_path / "backup", tmp_path / "restored", EMBEDDED), named=False)
    assert {image.image: image.uids for image in restored.images(Query())[0]} == before


def test_two_studies_of_the_same_names_share_nothing(instances: Instances, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    write_picture(other / "a.png", speckle(60, 90))
    theirs = Instances(StudyDatastore(str(other), EMBEDDED).store, named=True)
    assert not set(one(theirs, "a").uids) & set(one(instances, "a").uids)


def test_without_its_identity_a_study_gets_another_one(instances: Instances, patients: StudyDatastore) -> None:
    before = one(instances, "a").uids
    patients.store.layout.dicom.write_text("{}")
    anew = Instances(patients.store, named=True)
    assert not set(one(anew, "a").uids) & set(before)
    assert len(anew.images(Query())[0]) == 3


@pytest.mark.parametrize(("conf", "patient"), [({}, pseudonym("Ann")), ({"dicom_names": "plain"}, "Ann")])
def test_the_settings_say_whether_names_are_told(patients: StudyDatastore, conf: dict[str, str], patient: str) -> None:
    assert one(Instances(patients.store, named=load_settings(conf).dicomweb.named), "a").patient == patient
