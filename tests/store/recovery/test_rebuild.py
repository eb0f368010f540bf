"""The database follows from the files, whatever was done."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable
from functools import partial, partialmethod
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from masks import MASK, assert_whole, mask_of, submit, tables
from numpy.testing import assert_array_equal

from fetal_head.config import StoreSettings
from fetal_head.imaging import read_mask
from fetal_head.store.errors import StoreError
from fetal_head.store.intake.scan import rebuild
from fetal_head.store.labels.history import entry, restore, set_status
from fetal_head.store.labels.settling import FINAL
from fetal_head.store.recovery.checking import UNKNOWN, check
from fetal_head.store.store import Store
from fetal_head.store.study import StudyDatastore
from pictures import speckle, write_itk, write_picture

IMAGES = st.sampled_from("ab")


def test_rebuild_gives_what_was(study: StudyDatastore, folder: Path, settings: StoreSettings, tmp_path: Path) -> None:
    submit(study, "a", 1, seconds=3)
    submit(study, "a", 2, who="ben", tag="second")
    set_status(study.store, "a", 1, "approved", "rev", "good")
    submit(study, "b", 3)
    study.remove_label("b", FINAL)
    study.update_image_info("c", {"patient": "P1", "spacing": [0.1, 0.2]})
    study.add_image("d", str(write_picture(tmp_path / "x.png", speckle(60, 90))), {"plane": "TV"})
    submit(study, "d", 4)
    study.remove_image("d")
    write_itk(folder / "labels/final/c.nrrd", mask_of(5))
    study.refresh()
    before = tables(study.store)
    assert tables(rebuild(folder, settings)) == before
    if settings.database_url == "embedded":
        study.store.database.close()
        for file in folder.glob(".fetal_head/store.sqlite*"):
            file.unlink()
        assert tables(StudyDatastore(str(folder), settings).store) == before, "a database that is gone is made again"


@pytest.mark.parametrize("name", ["0001.json", "0001.nrrd", "image.json"])
@pytest.mark.parametrize("lost", [False, True], ids=["rebuilt", "lost"])
def test_what_cannot_be_read_for_a_moment_while_the_database_is_made_again_is_not_taken_for_gone(
    folder: Path, monkeypatch: pytest.MonkeyPatch, name: str, lost: bool
) -> None:
    embedded = StoreSettings(database_url="embedded", lease_minutes=30, readers=1)
    study = StudyDatastore(str(folder), embedded)
    study.update_image_info("a", {"patient": "P1", "spacing": [0.1, 0.2]})
    submit(study, "a", 1)
    study.refresh()
    before = tables(study.store)
    study.store.database.close()

    def fail(read: Callable[..., object], path: Path, *how: object, **named: object) -> object:
        if path.name == name:
            raise OSError(errno.ESTALE, os.strerror(errno.ESTALE), str(path))
        return read(path, *how, **named)

    if lost:
        for file in folder.glob(".fetal_head/store.sqlite*"):
            file.unlink()
    with monkeypatch.context() as once:
        for read in ("read_text", "read_bytes"):
            once.setattr(Path, read, partialmethod(partial(fail, getattr(Path, read))))
        with pytest.raises(StoreError, match=f"{name} cannot be written, the disk, or the network to it, fails"):
            StudyDatastore(str(folder), embedded) if lost else rebuild(folder, embedded)
    assert tables(StudyDatastore(str(folder), embedded).store) == before


@pytest.mark.parametrize("lost", [False, True], ids=["rebuilt", "lost"])
def test_of_two_files_with_one_id_the_one_that_was_labelled_counts_in_a_rebuilt_database(
    study: StudyDatastore, folder: Path, settings: StoreSettings, caplog: pytest.LogCaptureFixture, lost: bool
) -> None:
    study.update_image_info("b", {"plane": "TV"})
    submit(study, "b", 1)
    write_picture(folder / "b.jpg", speckle(60, 90, seed=9))
    study.refresh()
    assert study.get_image_info("b")["name"] == "b.png"
    if lost and settings.database_url == "embedded":
        study.store.database.close()
        for file in folder.glob(".fetal_head/store.sqlite*"):
            file.unlink()
    rebuild(folder, settings)
    again = StudyDatastore(str(folder), settings)
    assert again.get_image_info("b")["name"] == "b.png"
    assert check(again.store) == ["b.jpg does not count: b.png has the same id; rename or remove one of the two"]
    (said,) = [record.message for record in caplog.records if "is left out" in record.message]
    assert "another file has the same id: rename or remove one of the two" in said


def test_check_tells_every_difference(study: StudyDatastore, folder: Path) -> None:
    for number, image in enumerate("aab"):
        submit(study, image, number)
    assert_whole(study.store)
    (folder / "c.png").unlink()
    write_picture(folder / "d.png", speckle(60, 90))
    write_picture(folder / "b.jpg", speckle(60, 90))
    history = folder / "labels/history"
    (history / "a/0001.nrrd").chmod(0o644)
    (history / "a/0001.nrrd").write_bytes(b"changed")
    (history / "b/0001.json").write_text("{}")
    (history / "b/0002.nrrd").write_bytes(b"left over")
    (folder / "labels/final/b.nrrd").unlink()
    write_itk(folder / "labels/final/nobody.nrrd", MASK)
    assert check(study.store) == [
        "c.png is gone",
        "d.png is not taken in",
        "b.jpg does not count: b.png has the same id; rename or remove one of the two",
        "labels/history/a/0001.nrrd is not what was submitted",
        "labels/history/b/0001.json is not what the database says",
        f"labels/history/b: the database does not know 0002.nrrd, {UNKNOWN}",
        "labels/final/b.nrrd is gone",
        "labels/final/nobody.nrrd is no current label of an image that is there",
    ]
    submit(study, "b", 7)
    assert_array_equal(read_mask(history / "b/0002.nrrd"), mask_of(7), "what was never acknowledged makes room")


def test_a_study_that_was_copied_without_its_times_is_the_same_once_it_was_looked_at(
    study: StudyDatastore, folder: Path, tmp_path: Path
) -> None:
    submit(study, "a", 1)
    study.store.database.close()
    copied = Path(shutil.copytree(folder, tmp_path / "copied", copy_function=shutil.copyfile))
    said = "was replaced, or only its time is another one: a server looks at it when it starts"
    assert sorted(check(Store.open(copied, study.store.settings))) == [f"{name}.png {said}" for name in "abc"]
    assert_whole(StudyDatastore(str(copied), study.store.settings).store)


class Labelling(RuleBasedStateMachine):
    """Submit, delete, restore, review and rebuild, against a model of a few lines."""

    @initialize()
    def start(self) -> None:
        self.temporary = TemporaryDirectory()
        self.folder = Path(self.temporary.name) / "study"
        self.folder.mkdir()
        for name in "ab":
            write_picture(self.folder / f"{name}.png", speckle(*MASK.shape))
        self.settings = StoreSettings(database_url="embedded", lease_minutes=30, readers=1)
        self.study = StudyDatastore(str(self.folder), self.settings)
        # image -> [mask, counts] by number
        self.model: dict[str, list[tuple[int, bool]]] = {"a": [], "b": []}

    @rule(image=IMAGES, number=st.integers(0, 1000))
    def submit(self, image: str, number: int) -> None:
        submit(self.study, image, number)
        self.model[image].append((number, True))

    @precondition(lambda self: any(any(counts for _, counts in past) for past in self.model.values()))
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        image = data.draw(st.sampled_from([i for i, past in self.model.items() if any(counts for _, counts in past)]))
        deletable = [entry(self.study.store, image, n).facts["deleted"] for n in range(1, len(self.model[image]) + 1)]
        assert None in deletable
        self.study.remove_label(image, FINAL)
        self.model[image] = [(number, False) for number, _ in self.model[image]]

    @precondition(lambda self: any(self.model.values()))
    @rule(data=st.data())
    def restore(self, data: st.DataObject) -> None:
        image = data.draw(st.sampled_from([i for i, past in self.model.items() if past]))
        number = data.draw(st.integers(1, len(self.model[image])))
        assert restore(self.study.store, image, number, "ben") == len(self.model[image]) + 1
        self.model[image].append((self.model[image][number - 1][0], True))

    @precondition(lambda self: any(self.model.values()))
    @rule(data=st.data(), rejected=st.booleans())
    def review(self, data: st.DataObject, rejected: bool) -> None:
        image = data.draw(st.sampled_from([i for i, past in self.model.items() if past]))
        number = data.draw(st.integers(1, len(self.model[image])))
        set_status(self.study.store, image, number, "rejected" if rejected else "approved", "rev")
        is_deleted = entry(self.study.store, image, number).facts["deleted"] is not None
        self.model[image][number - 1] = (self.model[image][number - 1][0], not rejected and not is_deleted)

    @rule()
    def rebuild(self) -> None:
        before = tables(self.study.store)
        assert tables(rebuild(self.folder, self.settings)) == before

    @rule()
    def restart(self) -> None:
        self.study.store.database.close()
        self.study = StudyDatastore(str(self.folder), self.settings)

    @invariant()
    def is_as_the_model_says(self) -> None:
        for image, past in getattr(self, "model", {}).items():
            standing = [number for number, counts in past if counts]
            uri = self.study.get_label_uri(image, FINAL)
            assert bool(uri) == bool(standing)
            if standing:
                assert_array_equal(read_mask(uri), mask_of(standing[-1]))
            for number, (mask, _) in enumerate(past, start=1):
                assert np.array_equal(read_mask(entry(self.study.store, image, number).file), mask_of(mask))

    def teardown(self) -> None:
        if hasattr(self, "study"):
            assert_whole(self.study.store)
            self.study.store.database.close()
            self.temporary.cleanup()


TestLabelling = Labelling.TestCase
TestLabelling.settings = hypothesis_settings(max_examples=8, stateful_step_count=12)
