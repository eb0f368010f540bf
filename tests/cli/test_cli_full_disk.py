"""What a command says when the disk that it writes to is full."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from command import Run

from fetal_head.store.study import StudyDatastore
from pictures import speckle, three_structures, write_dicom, write_itk, write_picture
from small_disks import small_disk_at

MASK = three_structures(480, 640)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """The folder `disk` of the present one, a disk of 64 kB."""
    with small_disk_at(tmp_path / "disk", "64k") as folder:
        yield folder


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """A labelled DICOM image."""
    folder = tmp_path / "study"
    folder.mkdir()
    write_dicom(folder / "d.dcm", speckle(*MASK.shape), spacing=(0.2, 0.2))
    label = write_itk(tmp_path / "label.nrrd", MASK)
    StudyDatastore(str(folder)).save_label("d", str(label), "final", {"client_id": "ann"})
    return folder


def test_phantom(run: Run, disk: Path) -> None:
    said = run("phantom", "--count", 1, "--to", disk / "study", status=1).stderr
    assert said.endswith("the disk is full: make room and try again\n")


def test_import(run: Run, disk: Path, tmp_path: Path) -> None:
    for kind, pixels in (("images", speckle(*MASK.shape)), ("masks", MASK)):
        (tmp_path / "source" / kind).mkdir(parents=True)
        write_picture(tmp_path / "source" / kind / "a.png", pixels)
    assert "the disk is full: make room" in run("import", tmp_path / "source", "--to", disk / "study", status=1).stderr


@pytest.mark.parametrize("kind", ["png", "dicom-seg"])
def test_export(run: Run, disk: Path, study: Path, kind: str) -> None:
    # a SEG has a bit a pixel
    (disk / "other").write_bytes(bytes(40_000))
    said = run("export", "--studies", study, "--format", kind, "--to", disk / "out", status=1).stderr
    assert said.endswith("fetal-head: the disk is full: make room and try again\n")


def test_a_backup_names_the_file_that_it_could_not_write(run: Run, disk: Path, study: Path) -> None:
    said = run("store", "backup", disk / "backup", "--studies", study, status=1).stderr
    assert str(disk / "backup") in said
    assert "the disk is full: make room" in said
    assert str(study) not in said
