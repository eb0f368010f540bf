"""Labels that were copied into the study folder on other axes than those of their images."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from masks import MASK
from numpy.testing import assert_array_equal
from numpy.typing import NDArray

from fetal_head.imaging import Mask, read_geometry, write_mask
from fetal_head.learning.samples import read_labelled
from fetal_head.store.errors import StoreError
from fetal_head.store.labels.exported import exported
from fetal_head.store.labels.history import compare, label_file, restore
from fetal_head.store.labels.labelled import labelled_images
from fetal_head.store.labels.settling import FINAL
from fetal_head.store.study import StudyDatastore
from pictures import speckle, write_dicom, write_picture

PIXELS = speckle(*MASK.shape, seed=5)


def _image(folder: Path, suffix: str, axes: str) -> Path:
    path = folder / f"d{suffix}"
    (folder / "labels/final").mkdir(parents=True, exist_ok=True)
    if suffix == ".png":
        return write_picture(path, PIXELS)
    return write_dicom(path, PIXELS) if suffix == ".dcm" else _oriented(path, PIXELS, axes)


def _oriented(path: Path, pixels: NDArray[np.uint8], axes: str) -> Path:
    """A file whose pixels run along such axes, and are these."""
    volume = sitk.GetImageFromArray(pixels[np.newaxis])
    volume.SetDirection(sitk.DICOMOrientImageFilter.GetDirectionCosinesFromOrientation(axes))
    sitk.WriteImage(volume, str(path))
    return path


def _copied(study: StudyDatastore, label: Path) -> None:
    os.utime(label, (1_000_000_000, 1_000_000_000))
    study.refresh()
    assert study.get_labeled_images() == ["d"]


@pytest.mark.parametrize(("image", "label"), [(".nii.gz", ".nrrd"), (".nrrd", ".nii.gz"), (".dcm", ".nii.gz")])
def test_a_label_on_other_axes_than_its_image_is_neither_learned_from_nor_shown(
    study: StudyDatastore, folder: Path, image: str, label: str
) -> None:
    _image(folder, image, "LPS")
    study.refresh()
    _copied(study, _oriented(folder / f"labels/final/d{label}", MASK, "RAS"))
    (labelled,) = labelled_images(study.store)
    with pytest.raises(ValueError, match="its axes run otherwise in space"):
        read_labelled(labelled)
    with pytest.raises(ValueError, match="its axes run otherwise in space"):
        exported(study.store, "d")
    for does in (label_file, lambda *of: restore(*of, "ben"), lambda *of: compare(*of, 1)):
        with pytest.raises(StoreError, match="its axes run otherwise in space") as refused:
            does(study.store, "d", 1)
        assert refused.value.status_code == 422
    assert Path(study.get_label_uri("d", FINAL)).name == f"d{label}", "what was put there stays"


@pytest.mark.parametrize(
    ("image", "axes", "label"),
    [
        (".nii.gz", "RAS", ".nrrd"),
        (".nii.gz", "RAS", ".nii.gz"),
        (".nrrd", "LAS", ".nii.gz"),
        (".nii", "PIR", ".nrrd"),
        (".nii", "PIR", ".png"),
        (".dcm", "LPS", ".nrrd"),
        (".dcm", "LPS", ".nii.gz"),
        (".png", "LPS", ".nii.gz"),
    ],
)
def test_a_label_on_the_axes_of_its_image_is_read(study: StudyDatastore, folder: Path, image: str, axes: str, label: str) -> None:
    path = _image(folder, image, axes)
    study.refresh()
    plain = folder / f"labels/final/d{label}"
    write_mask(plain, MASK, read_geometry(path))
    _copied(study, plain)
    _is_read(study, MASK)


@pytest.mark.parametrize("suffix", [".nrrd", ".nii.gz"])
def test_beside_a_picture_without_axes_any_are_right(study: StudyDatastore, folder: Path, suffix: str) -> None:
    """3D Slicer saves what was drawn on a PNG on axes of its own choice."""
    _image(folder, ".png", "")
    study.refresh()
    _copied(study, _oriented(folder / f"labels/final/d{suffix}", MASK, "LAS"))
    _is_read(study, MASK)


def _is_read(study: StudyDatastore, mask: Mask) -> None:
    (labelled,) = labelled_images(study.store)
    assert_array_equal(read_labelled(labelled)[1], mask)
    found = exported(study.store, "d")
    assert found is not None
    assert_array_equal(found.mask, mask)
    assert label_file(study.store, "d", 1)


def test_the_label_of_an_image_that_bears_the_ending_of_another_kind_is_read(study: StudyDatastore, folder: Path) -> None:
    image = _image(folder, ".png", "LPS").rename(folder / "d.dcm")
    study.refresh()
    label = folder / "labels/final/d.nrrd"
    write_mask(label, MASK, read_geometry(image))
    _copied(study, label)
    (labelled,) = labelled_images(study.store)
    assert_array_equal(read_labelled(labelled)[1], MASK)
