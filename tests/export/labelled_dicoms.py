"""DICOM ultrasound with a known head, and labels of it."""

from __future__ import annotations

import subprocess
from datetime import datetime
from pathlib import Path
from shutil import which

import numpy as np
import pydicom
import pytest
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileDataset

from fetal_head.export.label import Label
from fetal_head.labels import NAMES
from fetal_head.stamp import stamp_of
from pictures import speckle, three_structures, write_dicom

# Ultrasound Multi-frame Image Storage
MULTI_FRAME = "1.2.840.10008.5.1.4.1.1.3.1"
SPACING = (0.2, 0.3)
MASK = three_structures(300, 400)


def still(folder: Path, spacing: tuple[float, float] | None = SPACING) -> FileDataset:
    """A single image of a study that is filled in."""
    dataset = pydicom.dcmread(write_dicom(folder / "still.dcm", speckle(*MASK.shape), spacing=spacing))
    dataset.SpecificCharacterSet = "ISO_IR 100"
    dataset.PatientName, dataset.PatientID, dataset.PatientSex = "Müller^Änne", "P-7", "F"
    dataset.StudyDate, dataset.StudyTime, dataset.StudyID, dataset.AccessionNumber = "20240229", "101112", "S1", "A1"
    dataset.PatientBirthDate, dataset.PatientOrientation = "19900102", ["L", "F"]
    dataset.ReferringPhysicianName = "Doc^A"
    return dataset


def loop(folder: Path, pictures: list[NDArray[np.uint8]], spacing: tuple[float, float] | None = SPACING) -> FileDataset:
    """A multi-frame image whose frames differ."""
    dataset = still(folder, spacing)
    dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID = MULTI_FRAME
    dataset.NumberOfFrames, dataset.FrameTime = len(pictures), "40"
    dataset.FrameIncrementPointer = pydicom.tag.Tag("FrameTime")
    dataset.PixelData = b"".join(picture.tobytes() for picture in pictures)
    return dataset


def label(mask: NDArray[np.uint8] = MASK, **changed: object) -> Label:
    """The label of an annotator who corrected a prediction."""
    told: dict[str, object] = {
        "image": "a",
        "file": Path("a.dcm"),
        "patient": "P-7",
        "number": 2,
        "mask": mask,
        "annotated": NAMES,
        "spacing": SPACING,
        "who": "Ünal",
        "model": "v0007",
        "at": datetime(2024, 3, 1, 12, 30, 5),
        "is_approved": False,
    }
    told |= changed
    return Label(**{"stamp": stamp_of(Path(str(told["file"]))), **told})  # type: ignore[arg-type]


def assert_valid(*objects: Dataset, folder: Path) -> None:
    """What dciodvfy, which knows the standard, has to say of an object is no error."""
    if which("dciodvfy") is None:
        pytest.skip("dciodvfy is not installed (Debian: apt-get install dicom3tools)")
    for number, each in enumerate(objects):
        file = folder / f"checked{number}.dcm"
        each.save_as(file, write_like_original=False)
        said = subprocess.run(["dciodvfy", str(file)], capture_output=True, text=True, check=False).stderr
        assert "Error" not in said, said
