"""Files of one size and time that take each other's names, and what is known of whom and how large they are."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pydicom
import pytest
from masks import MASK, submit
from PIL import Image as Picture
from sqlalchemy import select

from fetal_head.config import StoreSettings
from fetal_head.imaging import read_geometry
from fetal_head.imaging.dicom_patient import read_patient
from fetal_head.store.dicom.images import described
from fetal_head.store.dicom.instances import Instances
from fetal_head.store.files.layout import Picture as File
from fetal_head.store.intake import images
from fetal_head.store.intake.scan import rebuild, take_in
from fetal_head.store.labels.drafts import encoded
from fetal_head.store.sql.tables import Image
from fetal_head.store.study import StudyDatastore
from pictures import speckle, write_dicom

EMBEDDED = StoreSettings(database_url="embedded", lease_minutes=30, readers=1)
LONG_AGO = 10**18


def _dicom(path: Path, seed: int, patient: str, side: float) -> Path:
    """Of one size and time, whatever is in it."""
    dataset = pydicom.dcmread(write_dicom(path, speckle(*MASK.shape, seed=seed), spacing=(side, side)))
    dataset.PatientID = patient
    dataset.save_as(path)
    os.utime(path, ns=(LONG_AGO, LONG_AGO))
    return path


def _bitmap(path: Path, seed: int, at: int = LONG_AGO) -> Path:
    Picture.fromarray(speckle(*MASK.shape, seed=seed)).save(path)
    os.utime(path, ns=(at, at))
    return path


def _measured(folder: Path, is_labelled: bool) -> tuple[StudyDatastore, Path]:
    """A study of one picture whose pixel size was told, on which somebody may have drawn since."""
    (folder / "study").mkdir()
    file = _bitmap(folder / "study/a.bmp", 0)
    study = StudyDatastore(str(file.parent), EMBEDDED)
    study.update_image_info("a", {"spacing": [0.1, 0.1]})
    if is_labelled:
        submit(study, "a", 1)
    return study, file


def _patients(study: StudyDatastore) -> dict[str, str]:
    with study.store.reading() as session:
        return {image.id: image.info.get("patient", "") for image in session.scalars(select(Image))}


@pytest.fixture
def two(tmp_path: Path) -> StudyDatastore:
    """Images of two patients, and one of one of them again."""
    (tmp_path / "study").mkdir()
    for name, seed, patient, side in (("a", 0, "P-1", 0.1), ("b", 1, "P-2", 0.2), ("c", 2, "P-1", 0.1)):
        _dicom(tmp_path / "study" / f"{name}.dcm", seed, patient, side)
    return StudyDatastore(str(tmp_path / "study"), EMBEDDED)


def _swap(folder: Path) -> None:
    (folder / "a.dcm").rename(folder / "aside")
    (folder / "b.dcm").rename(folder / "a.dcm")
    (folder / "aside").rename(folder / "b.dcm")


def test_a_database_that_is_made_again_knows_whose_images_they_are(two: StudyDatastore) -> None:
    """Otherwise each would be a patient of its own, and one patient's images on both sides of the split."""
    before = _patients(two)
    assert before["a"] == before["c"] != before["b"]
    rebuild(two.store.layout.folder, EMBEDDED)
    assert _patients(two) == before


def test_files_that_take_each_others_names_keep_their_patients(two: StudyDatastore) -> None:
    folder = two.store.layout.folder
    for number, image in enumerate("ab"):
        submit(two, image, number)
    _swap(folder)
    take_in(two.store)
    assert _patients(two) == {image: read_patient(folder / f"{image}.dcm") for image in "abc"}
    rebuild(folder, EMBEDDED)
    assert _patients(two) == {image: read_patient(folder / f"{image}.dcm") for image in "abc"}


def test_and_their_pixel_sizes_in_dicomweb(two: StudyDatastore) -> None:
    instances = Instances(two.store, named=True)
    instances.refresh()
    assert described(instances.find(image="a")[0]).spacing == pytest.approx((0.1, 0.1))
    _swap(two.store.layout.folder)
    take_in(two.store)
    assert described(instances.find(image="a")[0]).spacing == pytest.approx((0.2, 0.2))


def test_a_file_that_could_not_be_read_is_asked_later_whose_it_is(two: StudyDatastore, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = two.store.layout.folder
    _dicom(folder / "d.dcm", 3, "P-2", 0.1)

    def is_forbidden(path: Path) -> str | None:
        raise PermissionError(13, "Permission denied", str(path))

    with monkeypatch.context() as once:
        once.setattr(images, "read_patient", is_forbidden)
        assert not take_in(two.store), "it needs another look"
    assert take_in(two.store)
    assert _patients(two)["d"] == read_patient(folder / "b.dcm")


def _at_once(study: StudyDatastore, file: Path) -> None:
    _bitmap(file, 5)
    os.utime(file)


def _taken_away(study: StudyDatastore, file: Path) -> None:
    file.unlink()
    take_in(study.store)
    _bitmap(file, 5)


def _removed(study: StudyDatastore, file: Path) -> None:
    study.remove_image("a")
    _bitmap(file, 5)


def _renamed(study: StudyDatastore, file: Path) -> None:
    _bitmap(file.with_name("other.bmp"), 5).replace(file)


def _after_a_third(study: StudyDatastore, file: Path) -> None:
    Picture.fromarray(speckle(70, 90, seed=4)).save(file)
    take_in(study.store)
    _bitmap(file, 5)


def _after_a_rebuild(study: StudyDatastore, file: Path) -> None:
    file.unlink()
    take_in(study.store)
    rebuild(study.store.layout.folder, EMBEDDED)
    _bitmap(file, 5)


@pytest.mark.parametrize("is_labelled", [False, True])
@pytest.mark.parametrize("is_predicted", [False, True])
@pytest.mark.parametrize("replace", [_at_once, _renamed, _taken_away, _removed, _after_a_third, _after_a_rebuild])
def test_the_pixel_size_of_another_picture_is_never_taken_over(
    tmp_path: Path, replace: Callable[[StudyDatastore, Path], None], is_predicted: bool, is_labelled: bool
) -> None:
    study, file = _measured(tmp_path, is_labelled)
    size = file.stat().st_size
    replace(study, file)
    assert file.stat().st_size == size, "nothing but its pixels tells that it is another one"
    if is_predicted and "a" in study.list_images():
        geometry = read_geometry(file)
        study.keep_prediction(File.at(file), encoded(np.zeros(geometry.shape, np.uint8), geometry), "v1")
    take_in(study.store)
    take_in(study.store)
    assert study.spacing_of(str(file), read_geometry(file)) is None
    assert study.get_labeled_images() == []


@pytest.mark.parametrize("is_labelled", [False, True])
def test_nor_when_the_database_is_lost_meanwhile(tmp_path: Path, is_labelled: bool) -> None:
    study, file = _measured(tmp_path, is_labelled)
    study.store.database.close()
    for part in study.store.layout.hidden.glob("store.sqlite*"):
        part.unlink()
    assert StudyDatastore(str(file.parent), EMBEDDED).get_image_info("a")["spacing"] == [0.1, 0.1], "the same picture"
    for part in study.store.layout.hidden.glob("store.sqlite*"):
        part.unlink()
    _bitmap(file, 5)
    assert not StudyDatastore(str(file.parent), EMBEDDED).get_image_info("a").get("spacing")


def test_the_pixel_size_of_a_picture_counts_again_when_it_is_back(tmp_path: Path) -> None:
    (tmp_path / "study").mkdir()
    file = _bitmap(tmp_path / "study/a.bmp", 0)
    own, study = file.read_bytes(), StudyDatastore(str(file.parent), EMBEDDED)
    study.update_image_info("a", {"spacing": [0.1, 0.1]})
    submit(study, "a", 1)
    Picture.fromarray(speckle(70, 90, seed=4)).save(file)
    take_in(study.store)
    assert study.spacing_of(str(file), read_geometry(file)) is None
    file.write_bytes(own)
    os.utime(file, ns=(2 * LONG_AGO // 3, 2 * LONG_AGO // 3))
    take_in(study.store)
    assert study.spacing_of(str(file), read_geometry(file)) == (0.1, 0.1)


@pytest.mark.parametrize("is_labelled", [False, True])
def test_one_that_could_not_be_read_for_a_moment_does_not_take_the_pixel_size_over(
    tmp_path: Path, is_labelled: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a file that was copied there by somebody else, who gives the server the right to read it a minute later."""
    study, file = _measured(tmp_path, is_labelled)
    _at_once(study, file)

    def is_forbidden(picture: File) -> str | None:
        raise PermissionError(13, "Permission denied", str(picture.path))

    with monkeypatch.context() as once:
        once.setattr(File, "digest", is_forbidden)
        assert not take_in(study.store), "it needs another look"
    assert take_in(study.store)
    assert study.spacing_of(str(file), read_geometry(file)) is None


@pytest.mark.parametrize("is_labelled", [False, True])
def test_the_pixel_size_is_not_taken_over_by_one_that_only_its_bytes_tell_apart(tmp_path: Path, is_labelled: bool) -> None:
    """As of two archives whose files all have one time."""
    study, file = _measured(tmp_path, is_labelled)
    take_in(study.store)
    other = _bitmap(tmp_path / "other.bmp", 5)
    before = file.stat()
    os.utime(other, ns=(before.st_atime_ns, before.st_mtime_ns))
    other.replace(file)
    assert (file.stat().st_size, file.stat().st_mtime_ns) == (before.st_size, before.st_mtime_ns)
    take_in(study.store)
    assert study.spacing_of(str(file), read_geometry(file)) is None
