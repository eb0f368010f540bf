"""Pictures of one size and one time, as a device writes them at a stroke, that take each other's names."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from masks import MASK, assert_whole, submit
from PIL import Image

from fetal_head.config import StoreSettings
from fetal_head.imaging import read_geometry
from fetal_head.store.study import StudyDatastore
from pictures import speckle


@pytest.fixture
def study(tmp_path: Path, settings: StoreSettings) -> StudyDatastore:
    """Two labelled images, a and b, that are told apart by nothing but their pixels."""
    for seed, name in enumerate("ab"):
        Image.fromarray(speckle(*MASK.shape, seed=seed)).save(tmp_path / f"{name}.bmp")
        os.utime(tmp_path / f"{name}.bmp", (1_600_000_000, 1_600_000_000))
    study = StudyDatastore(str(tmp_path), settings)
    for name in "ab":
        submit(study, name, 1)
    assert study.get_labeled_images() == ["a", "b"]
    return study


def _swap(folder: Path) -> None:
    (folder / "a.bmp").rename(folder / "c")
    (folder / "b.bmp").rename(folder / "a.bmp")
    (folder / "c").rename(folder / "b.bmp")


def test_no_label_counts_for_a_picture_that_took_the_name_of_its_own(study: StudyDatastore, tmp_path: Path) -> None:
    _swap(tmp_path)
    study.refresh()
    assert study.get_labeled_images() == []
    assert not [*(tmp_path / "labels/final").iterdir()]
    assert_whole(study.store)
    _swap(tmp_path)
    study.refresh()
    assert study.get_labeled_images() == ["a", "b"]
    assert_whole(study.store)


def test_nor_is_it_measured_in_the_millimetres_told_of_the_other(study: StudyDatastore, tmp_path: Path) -> None:
    study.update_image_info("a", {"spacing": [0.1, 0.1]})
    _swap(tmp_path)
    study.refresh()
    file = tmp_path / "a.bmp"
    assert study.spacing_of(str(file), read_geometry(file)) is None
    assert_whole(study.store)


def test_nor_for_one_that_is_copied_over_it(study: StudyDatastore, tmp_path: Path, settings: StoreSettings) -> None:
    shutil.copy2(tmp_path / "b.bmp", tmp_path / "a.bmp")
    again = StudyDatastore(str(tmp_path), settings)
    assert again.get_labeled_images() == ["b"]
    assert_whole(again.store)


def test_labels_of_files_that_are_only_touched_stay(
    study: StudyDatastore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = []
    digest = "fetal_head.store.intake.renamed.Picture.digest"
    for name in "ab":
        (tmp_path / f"{name}.bmp").chmod(0o600)
    study.refresh()
    monkeypatch.setattr(digest, lambda picture: read.append(picture.path))
    study.refresh()
    assert study.get_labeled_images() == ["a", "b"]
    assert read == [], "one look is enough"
