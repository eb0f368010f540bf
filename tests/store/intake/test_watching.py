"""What others do in the study folder is seen while the server runs."""

from __future__ import annotations

import time
from collections.abc import Callable
from errno import ESTALE
from pathlib import Path

import pytest
from masks import MASK, submit

from fetal_head.stamp import Stamp, stamp_of
from fetal_head.store.study import StudyDatastore
from pictures import speckle, write_itk, write_picture


def _wait_for(happened: Callable[[], bool]) -> bool:
    end = time.monotonic() + 10
    while not happened() and time.monotonic() < end:
        time.sleep(0.1)
    return happened()


def test_the_watcher_sees_what_is_done_within_seconds(study: StudyDatastore, folder: Path) -> None:
    study.watch()
    write_picture(folder / "d.png", speckle(60, 90))
    (folder / "labels/final").mkdir()
    write_itk(folder / "labels/final/b.nrrd", MASK)
    (folder / "c.png").unlink()
    assert _wait_for(lambda: (study.list_images(), study.get_labeled_images()) == (["a", "b", "d"], ["b"]))


def test_the_watcher_sees_what_is_copied_slowly(study: StudyDatastore, folder: Path) -> None:
    study.watch()
    content = (folder / "a.png").read_bytes()
    (folder / "labels/final").mkdir()
    mask = write_itk(folder.parent / "mask.nrrd", MASK).read_bytes()
    # longer than the folder's own times need to be quiet
    with (folder / "d.png").open("wb") as image, (folder / "labels/final/a.nrrd").open("wb") as label:
        for start in range(40):
            for file, whole in ((image, content), (label, mask)):
                part = -(-len(whole) // 40)
                file.write(whole[start * part : (start + 1) * part])
                file.flush()
            time.sleep(0.1)
    assert _wait_for(lambda: (study.list_images(), study.get_labeled_images()) == (["a", "b", "c", "d"], ["a"]))


def test_the_watcher_sees_what_is_written_over_in_place(
    study: StudyDatastore, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise a new picture would count as labelled until somebody opens it."""
    monkeypatch.setattr("fetal_head.store.intake.watching.WHOLE_EVERY_SECONDS", 1.0)
    submit(study, "a")
    study.watch()
    time.sleep(3)
    (folder / "a.png").write_bytes(write_picture(tmp_path / "other.png", speckle(60, 91)).read_bytes())
    assert _wait_for(lambda: study.get_labeled_images() == [])


def test_the_watcher_goes_on_after_an_error_of_the_disk(
    study: StudyDatastore, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed: list[Path] = []

    def fail_once(path: Path) -> Stamp | None:
        if not failed:
            failed.append(path)
            raise OSError(ESTALE, "Stale file handle")
        return stamp_of(path)

    monkeypatch.setattr("fetal_head.store.intake.watching.stamp_of", fail_once)
    study.watch()
    write_picture(folder / "d.png", speckle(60, 90))
    assert _wait_for(lambda: "d" in study.list_images())
    assert failed
