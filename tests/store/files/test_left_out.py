"""What cannot be taken in is left out and named once, and the rest of the study goes on."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from masks import MASK, images_for, mask_of, submit, tables
from numpy.testing import assert_array_equal

from fetal_head.config import StoreSettings
from fetal_head.imaging import read_mask
from fetal_head.store.files.layout import Layout
from fetal_head.store.intake.scan import rebuild
from fetal_head.store.labels.settling import FINAL, ORIGINAL
from fetal_head.store.recovery.checking import check
from fetal_head.store.study import StudyDatastore
from fetal_head.store.worklist.page import worklist
from fetal_head.store.worklist.pools import Pools
from pictures import speckle, write_dicom, write_itk, write_picture

# beyond 64 bits of nanoseconds, which end in 2262
TOO_LATE = 2**63 + 10**9
NO_TEXT = b"gepr\xfcft".decode(errors="surrogateescape")


def _tag_that_is_no_text(folder: Path) -> None:
    (folder / "labels" / NO_TEXT).mkdir()
    write_itk(folder / "a.nrrd", MASK).rename(folder / "labels" / NO_TEXT / "a.nrrd")


def _label_that_cannot_be_read(folder: Path) -> None:
    (folder / "labels/final/a.nrrd").symlink_to("/proc/self/mem")


def _label_that_leads_to_itself(folder: Path) -> None:
    (folder / "labels/final/a.nrrd").symlink_to("a.nrrd")


def _tag_that_leads_to_itself(folder: Path) -> None:
    (folder / "labels/second").symlink_to("second")


def _label_of_another_age(folder: Path) -> None:
    os.utime(write_itk(folder / "labels/final/a.nrrd", MASK), ns=(TOO_LATE, TOO_LATE))


def _image_of_another_age(folder: Path) -> None:
    os.utime(write_picture(folder / "d.png", speckle(60, 90)), ns=(TOO_LATE, TOO_LATE))


def _image_whose_name_is_too_long(folder: Path) -> None:
    write_picture(folder / f"{'ü' * 120}.png", speckle(60, 90))


def _history_that_is_no_text(folder: Path) -> None:
    (folder / "labels/history" / NO_TEXT).mkdir()


def _number_that_is_none(folder: Path) -> None:
    (folder / "labels/history/c").mkdir()
    for name in ("²x.nrrd", "9" * 40 + ".nrrd", "0001x"):
        (folder / "labels/history/c" / name).write_bytes(b"x")


def _dicom_without_an_ending(folder: Path) -> None:
    write_dicom(folder / "1.2.840.7.dcm", speckle(60, 90)).rename(folder / "1.2.840.7")


ODD = (
    _tag_that_is_no_text,
    _label_that_cannot_be_read,
    _label_that_leads_to_itself,
    _tag_that_leads_to_itself,
    _label_of_another_age,
    _image_of_another_age,
    _image_whose_name_is_too_long,
    _history_that_is_no_text,
    _number_that_is_none,
    _dicom_without_an_ending,
)
# these are no files of ours, whatever they are
SILENT = (_tag_that_leads_to_itself, _number_that_is_none)


@pytest.mark.parametrize("put", ODD, ids=lambda put: put.__name__)
def test_one_odd_entry_holds_up_nothing(
    folder: Path, settings: StoreSettings, caplog: pytest.LogCaptureFixture, put: Callable[[Path], None]
) -> None:
    for name in ("final", "history"):
        (folder / "labels" / name).mkdir(parents=True)
    write_itk(folder / "labels/final/b.nrrd", MASK)
    put(folder)
    study = StudyDatastore(str(folder), settings)
    study.refresh()
    assert study.list_images() == ["a", "b", "c"]
    assert study.get_labeled_images() == ["b"]
    assert sum("is left out" in record.message for record in caplog.records) == (put not in SILENT), "once"
    submit(study, "c", 1)
    assert_array_equal(read_mask(study.get_label_uri("c", FINAL)), mask_of(1))
    before = tables(study.store)
    assert tables(rebuild(folder, settings)) == before


def test_a_label_takes_the_place_of_a_link_that_leads_to_itself(study: StudyDatastore, folder: Path) -> None:
    (folder / "labels/final").mkdir()
    _label_that_leads_to_itself(folder)
    submit(study, "a", 1)
    study.refresh()
    assert_array_equal(read_mask(study.get_label_uri("a", FINAL)), mask_of(1))
    assert check(study.store) == []


def test_dicom_without_an_ending_is_named_and_its_index_is_not(study: StudyDatastore, folder: Path) -> None:
    _dicom_without_an_ending(folder)
    shutil.copy(folder / "1.2.840.7", folder / "DICOMDIR")
    study.refresh()
    assert check(study.store) == [
        "1.2.840.7 is left out: it is DICOM without the ending .dcm: add it to its name, or let `fetal-head import` do it"
    ]
    (folder / "1.2.840.7").rename(folder / "1.2.840.7.dcm")
    study.refresh()
    assert study.list_images() == ["1.2.840.7", "a", "b", "c"]
    assert check(study.store) == []


@pytest.mark.parametrize(
    "facts",
    [{"info": [1, 2]}, {"info": {"flag": 3, "skipped": 7}}, {"info": {"patient": 5}}, {"file": 5}, {"removed": "x"}],
    ids=str,
)
def test_what_a_file_says_of_an_image_and_makes_no_sense_is_not_believed(
    folder: Path, settings: StoreSettings, caplog: pytest.LogCaptureFixture, facts: dict[str, Any]
) -> None:
    for image in ("a", "gone"):
        (folder / "labels/history" / image).mkdir(parents=True)
        (folder / "labels/history" / image / "image.json").write_text(json.dumps(facts))
    study = StudyDatastore(str(folder), settings)
    assert [image["id"] for image in worklist(study.store).images] == images_for(Pools(study.store), "ann") == ["a", "b", "c"]
    assert sum("is left out" in record.message for record in caplog.records) == 2


@pytest.mark.parametrize(
    "changed",
    [{"who": 5}, {"at": "now"}, {"annotated": ["SKULL"]}, {"info": []}, {"mtime_ns": 10**30}, {"seconds": True}],
    ids=str,
)
def test_a_submission_that_makes_no_sense_is_left_out_and_the_others_are_not(
    study: StudyDatastore, folder: Path, settings: StoreSettings, changed: dict[str, Any]
) -> None:
    submit(study, "a", 1, seconds=3)
    submit(study, "a", 2)
    submit(study, "b", 3, deep=json.loads("[" * 14 + "]" * 14))
    facts = Layout(folder).facts("a", 2)
    facts.write_text(json.dumps({**json.loads(facts.read_text()), **changed}))
    (folder / "labels/final/a.nrrd").unlink()
    rebuilt = rebuild(folder, settings)
    study = StudyDatastore(str(folder), settings)
    assert_array_equal(read_mask(study.get_label_uri("a", FINAL)), mask_of(1))
    assert [len(tables(rebuilt)["submissions"]), study.get_labeled_images()] == [2, ["a", "b"]]


def test_a_label_that_is_gone_with_its_past_holds_up_nothing(
    study: StudyDatastore, folder: Path, settings: StoreSettings, caplog: pytest.LogCaptureFixture
) -> None:
    submit(study, "a", 1, tag=ORIGINAL)
    submit(study, "b", 2)
    shutil.rmtree(folder / "labels")
    study = StudyDatastore(str(folder), settings)
    study.refresh()
    assert sum("put it back from a backup" in record.message for record in caplog.records) == 2, "once for each"
    assert "labels/final/b.nrrd is gone" in check(study.store)
    submit(study, "a", 3)
    submit(study, "b", 4)
    study.refresh()
    assert_array_equal(read_mask(study.get_label_uri("a", FINAL)), mask_of(3))
    assert_array_equal(read_mask(study.get_label_uri("b", FINAL)), mask_of(4))
