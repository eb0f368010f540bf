"""Trees of DICOM in which more lies than a machine puts there: the study itself, references that lead elsewhere."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pydicom
import pytest

from datasets.trees import head, picture, save
from fetal_head.datasets import import_dataset
from fetal_head.imaging.multiframe import original_of
from fetal_head.uids import uid_of
from pictures import write_dicom
from ultrasound import MULTI_FRAME, written


def test_a_study_in_the_tree_that_it_is_made_of_brings_nothing_twice(tmp_path: Path) -> None:
    written(tmp_path)
    # before the loop in the order of names, so that the study's own frame of it is met first
    study = tmp_path / "first" / "study"
    (tmp_path / "last").mkdir()
    (tmp_path / "loop.dcm").rename(tmp_path / "last" / "loop.dcm")
    first = import_dataset(tmp_path, study)
    again = import_dataset(tmp_path, study)
    assert (again.images, [skipped for skipped in again.skipped if not skipped.redundant]) == (0, [])
    assert import_dataset(study, tmp_path / "copy").images == first.images
    assert {path.name for path in (tmp_path / "copy").glob("*.dcm")} == {path.name for path in study.glob("*.dcm")}


@pytest.mark.parametrize("name", ["pipe", "pipe.dcm", "pipe.json", "pipe.xml"])
def test_a_pipe_in_the_tree_is_not_waited_for(tmp_path: Path, name: str) -> None:
    write_dicom(tmp_path / "image", picture(1))
    os.mkfifo(tmp_path / name)
    assert _imported(tmp_path) == 1


def test_nor_is_one_that_is_called_like_a_table(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    write_dicom(tmp_path / "images/a.dcm", picture(1))
    save(tmp_path / "masks/a.png", head())
    for name in ("pixel_size.csv", "index.csv"):
        os.mkfifo(tmp_path / name)
    assert _imported(tmp_path) == 1


def _imported(source: Path) -> int:
    """How many images came in, beside the test, which would wait for ever with an import that does."""
    importing = threading.Thread(target=import_dataset, args=(source, source / "study"), daemon=True)
    importing.start()
    importing.join(10)
    return len(list((source / "study").glob("*.dcm")))


def test_a_frame_that_refers_to_a_path_is_known_by_its_own_name(tmp_path: Path) -> None:
    header = pydicom.dcmread(write_dicom(tmp_path / "frame.dcm", picture(1)))
    source = pydicom.Dataset()
    source.ReferencedSOPClassUID, source.ReferencedSOPInstanceUID, source.ReferencedFrameNumber = MULTI_FRAME, "../1", 1
    header.SourceImageSequence = [source]
    header.SOPInstanceUID = uid_of("frame", source.ReferencedSOPInstanceUID, source.ReferencedFrameNumber)
    header.save_as(tmp_path / "frame.dcm")
    assert original_of(header).image_id == "../1.f0001"
    import_dataset(tmp_path, tmp_path / "study")
    assert [path.name for path in tmp_path.rglob("*.dcm") if path.parent != tmp_path] == [f"{header.SOPInstanceUID}.dcm"]


def test_a_frame_that_a_killed_import_was_reading_does_not_stay_for_all_to_see(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("source", "temporary"):
        (tmp_path / name).mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary/.writing-killed").mkdir()
    write_dicom(tmp_path / "temporary/.writing-killed/IM1", picture(2))
    write_dicom(tmp_path / "source/IM1", picture(1))
    assert import_dataset(tmp_path / "source", tmp_path / "study").images == 1
    assert list((tmp_path / "temporary").iterdir()) == []
