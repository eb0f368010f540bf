"""DICOM images with masks or annotations of their own."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import numpy as np
import pydicom
import pytest
import SimpleITK as sitk
from PIL import Image

from datasets.trees import head, picture, save
from fetal_head.datasets import Skipped, import_dataset
from fetal_head.imaging import read_image, read_label
from fetal_head.imaging.dicom_patient import read_patient
from fetal_head.store.study import StudyDatastore
from pictures import write_dicom
from ultrasound import NAMES, PHANTOM, written


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """An image of each kind in images/ and its mask in masks/."""
    (tmp_path / "in/images").mkdir(parents=True)
    for file in written(tmp_path / "in/images").values():
        save(tmp_path / "in/masks" / f"{file.stem}.png", PHANTOM.mask)
    return tmp_path / "in"


def test_an_image_comes_in_as_it_is_and_its_label_lies_on_it(source: Path, tmp_path: Path) -> None:
    report = import_dataset(source, tmp_path / "study")
    # of those with the same pixels one is enough
    useless = [skipped for skipped in report.skipped if not skipped.redundant]
    assert useless == [Skipped("images/loop.dcm", "holds 3 frames; one single 2D image is expected")]
    study = StudyDatastore(str(tmp_path / "study"))
    files = {image: source / "images" / f"{image}.dcm" for image in study.list_images()}
    assert {*study.get_labeled_images()} == {*files} > {"grey"}
    for image, file in files.items():
        assert (tmp_path / "study" / f"{image}.dcm").read_bytes() == file.read_bytes()
        label = tmp_path / "study/labels/final" / f"{image}.nrrd"
        np.testing.assert_array_equal(read_label(file, label, PHANTOM.mask.shape), PHANTOM.mask)
        info = study.get_image_info(image)
        assert info["patient"] == read_patient(file)
        assert "spacing" not in info, "the file tells it, now and when it is replaced"
    for told in ("datastore_v2.json", "summary.csv"):
        text = (tmp_path / "study" / told).read_text()
        assert not [name for name in NAMES if name in text]


def test_a_viewer_shows_the_label_where_the_image_lies_in_space(tmp_path: Path) -> None:
    (tmp_path / "in/images").mkdir(parents=True)
    dataset = pydicom.dcmread(write_dicom(tmp_path / "in/images/a.dcm", picture(0)))
    dataset.PixelSpacing, dataset.ImagePositionPatient = [0.2, 0.1], [5, -7, 11]
    dataset.ImageOrientationPatient = [0, 1, 0, 0, 0, -1]
    dataset.save_as(tmp_path / "in/images/a.dcm")
    save(tmp_path / "in/masks/a.png", head())
    import_dataset(tmp_path / "in", tmp_path / "study")
    image, label = (sitk.ReadImage(str(tmp_path / "study" / name)) for name in ("a.dcm", "labels/final/a.nrrd"))
    for place in ("GetOrigin", "GetDirection"):
        np.testing.assert_allclose(getattr(label, place)(), getattr(image, place)(), atol=1e-6)
    np.testing.assert_allclose(label.GetSpacing()[:2], image.GetSpacing()[:2])
    np.testing.assert_array_equal(sitk.GetArrayFromImage(label)[0], head())


@pytest.mark.parametrize("known", [None, PHANTOM.spacing])
def test_a_published_pixel_size_counts_for_more_than_the_files_own(tmp_path: Path, known: tuple[float, float] | None) -> None:
    (tmp_path / "in/images").mkdir(parents=True)
    write_dicom(tmp_path / "in/images/a.dcm", PHANTOM.image, spacing=known)
    save(tmp_path / "in/masks/a.png", PHANTOM.mask)
    (tmp_path / "in/pixel_size.csv").write_text("filename,row_mm,column_mm\na.dcm,0.3,0.4\n")
    (row,) = import_dataset(tmp_path / "in", tmp_path / "study").rows
    assert (row["row_mm"], row["column_mm"]) == (0.3, 0.4)
    study = StudyDatastore(str(tmp_path / "study"))
    file = study.get_image_uri("a")
    assert study.spacing_of(file, read_image(file)[1]) == (0.3, 0.4)


def test_one_that_came_in_as_a_picture_before_is_not_another_one(tmp_path: Path) -> None:
    (tmp_path / "in/images").mkdir(parents=True)
    colours = np.stack([picture(seed) for seed in range(3)], axis=-1)
    file = write_dicom(tmp_path / "in/images/000_HC.dcm", colours, photometric="RGB")
    save(tmp_path / "in/masks/000_HC.png", head())
    import_dataset(tmp_path / "in", tmp_path / "study")
    (tmp_path / "study/000_HC.dcm").unlink()
    grey = read_image(file)[0]
    Image.fromarray(np.rint(grey).astype(np.uint8)).save(tmp_path / "study/000_HC.png")
    (skipped,) = import_dataset(tmp_path / "in", tmp_path / "study").skipped
    assert skipped == Skipped("images/000_HC.dcm", "already there", redundant=True)


def test_one_whose_patient_could_not_be_read_for_a_moment_is_nobody_elses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "in/images").mkdir(parents=True)
    file = write_dicom(tmp_path / "in/images/a.dcm", picture(0))
    save(tmp_path / "in/masks/a.png", head())

    def fail(path: Path) -> None:
        raise OSError(errno.ESTALE, os.strerror(errno.ESTALE), str(path))

    with monkeypatch.context() as patch:
        patch.setattr("fetal_head.datasets.candidate.read_patient", fail)
        report = import_dataset(tmp_path / "in", tmp_path / "study")
    assert report.skipped == (Skipped("images/a.dcm", "whose it is could not be read; import again"),)
    (row,) = import_dataset(tmp_path / "in", tmp_path / "study").rows
    assert row["patient"] == read_patient(file)
