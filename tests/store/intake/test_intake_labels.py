"""Label files that others write into the study folder: they count, and what was there before is kept."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest
from fastapi import HTTPException
from masks import MASK, assert_whole, mask_of, submit
from numpy.testing import assert_array_equal

from fetal_head.imaging import read_mask
from fetal_head.store.labels.history import entries, restore, set_status
from fetal_head.store.labels.settling import FINAL, ORIGINAL
from fetal_head.store.study import StudyDatastore
from pictures import speckle, write_itk, write_picture


def test_labels_put_there_by_hand_count_and_the_old_ones_are_kept(study: StudyDatastore, folder: Path) -> None:
    submit(study, "a", 1)
    # in place, as ITK writes
    with (folder / "labels/final/a.nrrd").open("wb") as file:
        file.write(b"torn")
    write_picture(folder / "labels/final/b.png", MASK)
    write_itk(folder / "labels/final/stranger.nrrd", MASK)
    study.refresh()
    assert study.get_labeled_images() == ["a", "b"]
    assert_array_equal(read_mask(study.store.layout.kept("a", 1, ".nrrd")), mask_of(1))
    assert Path(study.get_label_uri("a", FINAL)).read_bytes() == b"torn"
    assert_array_equal(read_mask(study.get_label_uri("b", FINAL)), MASK)
    submit(study, "b", 2)
    assert [path.name for path in (folder / "labels/final").glob("b.*")] == ["b.nrrd"], "one label a tag"


def test_a_label_that_is_put_beside_one_of_another_ending_takes_its_place(study: StudyDatastore, folder: Path) -> None:
    final = folder / "labels/final"
    submit(study, "a", 1)
    study.refresh()
    write_picture(final / "a.png", mask_of(2))
    for number, name in enumerate(("b.png", "b.nii.gz"), start=3):
        (write_picture if name == "b.png" else write_itk)(final / name, mask_of(number))
        os.utime(final / name, (number, number))
    study.refresh()
    assert sorted(path.name for path in final.iterdir()) == ["a.png", "b.nii.gz"], "whoever reads the folder finds one label each"
    assert [len(entries(study.store, image)) for image in "ab"] == [2, 2], "what is gone from there is in the history"
    assert_whole(study.store)


@pytest.mark.parametrize(
    "change",
    [
        lambda study: submit(study, "a", 3),
        lambda study: submit(study, "a", 3, tag=ORIGINAL),
        lambda study: set_status(study.store, "a", 1, "rejected", "rev"),
        lambda study: study.remove_label("a", FINAL),
    ],
    ids=["label", "prediction", "review", "deletion"],
)
def test_a_label_that_was_corrected_in_place_is_taken_in_whatever_else_is_done_before(
    study: StudyDatastore, folder: Path, change: Callable[[StudyDatastore], None]
) -> None:
    submit(study, "a", 1)
    study.refresh()
    plain = folder / "labels/final/a.nrrd"
    plain.write_bytes(write_itk(folder.parent / "corrected.nrrd", mask_of(777)).read_bytes())
    before = plain.parent.stat().st_mtime_ns
    # within the second in which it may be half written
    change(study)
    assert_array_equal(read_mask(plain), mask_of(777))
    assert plain.parent.stat().st_mtime_ns > before, "somebody is called to look"
    study.refresh()
    assert_array_equal(read_mask(study.get_label_uri("a", FINAL)), mask_of(777))
    assert_whole(study.store)


@pytest.mark.parametrize("suffix", [".nrrd", ".nii.gz"])
@pytest.mark.parametrize(
    ("change", "current"),
    [
        (lambda study: submit(study, "a", 3), 3),
        (lambda study: restore(study.store, "a", 1, "ben"), 1),
        (lambda study: study.remove_label("a", FINAL), None),
    ],
    ids=["label", "restored", "deletion"],
)
def test_what_was_corrected_by_hand_before_something_is_done_here_comes_before_it(
    study: StudyDatastore, folder: Path, change: Callable[[StudyDatastore], object], current: int | None, suffix: str
) -> None:
    submit(study, "a", 1)
    study.refresh()
    corrected = _corrected(folder, "a", 777, suffix)
    change(study)
    study.refresh()
    kept = folder / f"labels/history/a/0002{suffix}"
    assert_array_equal(read_mask(kept), mask_of(777))
    uri = study.get_label_uri("a", FINAL)
    assert [mask_of(current).tolist()] == [read_mask(uri).tolist()] if current else not uri
    assert corrected.exists() == (corrected == Path(uri))
    assert_whole(study.store)


@pytest.mark.parametrize("by_hand", [False, True])
def test_what_was_corrected_by_hand_before_its_image_was_removed_is_kept_and_is_no_label_of_another(
    study: StudyDatastore, folder: Path, by_hand: bool
) -> None:
    submit(study, "a", 1)
    study.refresh()
    corrected = _corrected(folder, "a", 777)
    if by_hand:
        (folder / "a.png").rename(folder.parent / "a.png")
        study.refresh()
    else:
        study.remove_image("a")
        assert not corrected.exists()
    assert_array_equal(read_mask(folder / "labels/history/a/0002.nrrd"), mask_of(777))
    study.add_image("a", str(write_picture(folder.parent / "x.png", speckle(60, 90, seed=9))), {})
    study.refresh()
    assert study.get_unlabeled_images() == ["a", "b", "c"]
    assert_whole(study.store)


def test_what_was_corrected_by_hand_comes_back_with_its_image(study: StudyDatastore, folder: Path) -> None:
    submit(study, "a", 1)
    study.refresh()
    (folder / "a.png").rename(folder.parent / "a.png")
    _corrected(folder, "a", 777)
    study.refresh()
    (folder.parent / "a.png").rename(folder / "a.png")
    study.refresh()
    assert_array_equal(read_mask(study.get_label_uri("a", FINAL)), mask_of(777))
    assert_whole(study.store)


def test_an_image_whose_label_is_being_written_is_not_removed(study: StudyDatastore, folder: Path) -> None:
    submit(study, "a", 1)
    study.refresh()
    plain = write_itk(folder / "labels/final/a.nrrd", mask_of(777))
    with pytest.raises(HTTPException, match=r"labels/final/a\.nrrd.* try again") as refused:
        study.remove_image("a")
    assert refused.value.status_code == 409
    os.utime(plain, (time.time() - 60, time.time() - 60))
    study.remove_image("a")
    assert_array_equal(read_mask(folder / "labels/history/a/0002.nrrd"), mask_of(777))
    assert_whole(study.store)


def _corrected(folder: Path, image: str, number: int, suffix: str = ".nrrd") -> Path:
    """A label that somebody wrote into the folder a minute ago, in place: nothing that is watched has changed."""
    path = folder / f"labels/final/{image}{suffix}"
    times = path.parent.stat()
    path.write_bytes(write_itk(folder.parent / f"corrected{suffix}", mask_of(number)).read_bytes())
    os.utime(path, (time.time() - 60, time.time() - 60))
    os.utime(path.parent, ns=(times.st_atime_ns, times.st_mtime_ns))
    return path


def test_a_current_label_that_went_missing_is_put_back(study: StudyDatastore, folder: Path) -> None:
    submit(study, "a", 1)
    submit(study, "a", 2)
    plain = folder / "labels/final/a.nrrd"
    plain.unlink()
    study.refresh()
    assert_array_equal(read_mask(plain), mask_of(2))
    shutil.copy2(folder / "labels/history/a/0001.nrrd", plain)
    study.refresh()
    assert_array_equal(read_mask(plain), mask_of(2))
    assert len(entries(study.store, "a")) == 2


def test_a_label_that_came_before_the_second_half_of_its_picture_counts(study: StudyDatastore, folder: Path, other: Path) -> None:
    """A folder is being copied into the study while somebody starts a training or a command."""
    (folder / "labels/final").mkdir(parents=True)
    write_itk(folder / "labels/final/a.nrrd", mask_of(1))
    whole = other.read_bytes()
    for written in (whole[: len(whole) // 2], whole):
        (folder / "a.png").write_bytes(written)
        study.refresh()
        assert study.get_labeled_images() == ["a"]
    os.utime(folder / "a.png", (time.time() - 60, time.time() - 60))
    study.refresh()
    assert entries(study.store, "a")[0].facts["picture"] == sha256(whole).hexdigest()
    assert_whole(study.store)


def test_a_copied_label_is_of_the_picture_that_the_next_one_is_drawn_on(study: StudyDatastore, folder: Path, other: Path) -> None:
    (folder / "a.png").touch()
    (folder / "labels/final").mkdir(parents=True)
    write_itk(folder / "labels/final/a.nrrd", mask_of(1))
    study.refresh()
    submit(study, "a", 2)
    shutil.copyfile(other, folder / "a.png")
    study.refresh()
    assert study.get_unlabeled_images() == ["a", "b", "c"]
    assert_whole(study.store)
