"""Frames of a loop as images of their own, with the grey values that they had in it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pydicom
import pytest
from numpy.testing import assert_array_equal
from pydicom.dataset import FileDataset

from fetal_head.imaging import read_image
from fetal_head.imaging.multiframe import frame_count, frames_of, original_of
from pictures import compress_dicom, speckle, write_dicom

FRAMES = [speckle(48, 65, seed=n) for n in range(3)]


def _loop(folder: Path, photometric: str = "MONOCHROME2") -> FileDataset:
    first = FRAMES[0] if photometric == "MONOCHROME2" else np.stack([FRAMES[0]] * 3, axis=-1)
    dataset = pydicom.dcmread(write_dicom(folder / "loop.dcm", first, spacing=(0.2, 0.3), photometric=photometric))
    dataset.SOPClassUID, dataset.NumberOfFrames = "1.2.840.10008.5.1.4.1.1.3.1", len(FRAMES)
    pictures = FRAMES if photometric == "MONOCHROME2" else [np.stack([f] * 3, axis=-1) for f in FRAMES]
    pixels = b"".join(picture.tobytes() for picture in pictures)
    dataset.PixelData = pixels + bytes(len(pixels) % 2)
    return dataset


def _saved(dataset: FileDataset, file: Path) -> Path:
    pydicom.dcmwrite(file, dataset, write_like_original=False)
    return file


@pytest.mark.parametrize("photometric", ["MONOCHROME2", "RGB"])
@pytest.mark.parametrize("syntax", [None, "JPEGLosslessProcess14_1", "JPEG2000Lossless", "RLELossless"])
def test_each_frame_is_what_it_was(tmp_path: Path, photometric: str, syntax: str | None) -> None:
    file = _saved(_loop(tmp_path, photometric), tmp_path / "plain.dcm")
    if syntax:
        file = compress_dicom(file, tmp_path / "compressed.dcm", syntax)
    dataset = pydicom.dcmread(file)
    assert frame_count(dataset) == 3
    for frame, single in zip((3, 1), frames_of(dataset, (3, 1)), strict=True):
        image, geometry = read_image(_saved(single, tmp_path / "single.dcm"))
        assert_array_equal(np.rint(image), FRAMES[frame - 1])
        assert geometry.spacing == pytest.approx((0.2, 0.3))
        original = original_of(pydicom.dcmread(tmp_path / "single.dcm"))
        assert (original.instance, original.frame) == (dataset.SOPInstanceUID, frame)
        assert original.image_id == f"{dataset.SOPInstanceUID}.f{frame:04d}"
    assert (frame_count(dataset), dataset.SOPClassUID) == (3, "1.2.840.10008.5.1.4.1.1.3.1"), "the original stays as it was"


def test_frames_have_uids_of_their_own_that_are_always_the_same(tmp_path: Path) -> None:
    dataset = _loop(tmp_path)
    uids = [[single.SOPInstanceUID for single in frames_of(dataset, (1, 2, 3))] for _ in range(2)]
    assert uids[0] == uids[1]
    assert len({*uids[0], dataset.SOPInstanceUID}) == 4


def test_an_image_that_only_refers_to_a_source_is_its_own_original(tmp_path: Path) -> None:
    (single,) = frames_of(_loop(tmp_path), (2,))
    single.SOPInstanceUID = "1.2.3"
    assert original_of(single).image_id == "1.2.3"


def test_what_does_not_hold_its_frames_is_said(tmp_path: Path) -> None:
    dataset = _loop(tmp_path)
    with pytest.raises(ValueError, match="has 3 frames, and no frame 4"):
        list(frames_of(dataset, (4,)))
    dataset.PixelData = dataset.PixelData[: 2 * FRAMES[0].size]
    with pytest.raises(ValueError, match="says that it has 3 frames, and holds 2"):
        list(frames_of(dataset, (1,)))
    file = _saved(_loop(tmp_path), tmp_path / "plain.dcm")
    whole = pydicom.dcmread(compress_dicom(file, tmp_path / "b.dcm", "JPEGLosslessProcess14_1"))
    whole.PixelData = whole.PixelData[: len(whole.PixelData) // 2]
    with pytest.raises(ValueError, match="frames"):
        list(frames_of(whole, (3,)))


def test_a_loop_that_holds_more_than_it_says_is_not_taken_apart(tmp_path: Path) -> None:
    """Such as JPEG of coarser chroma that was decompressed without saying so: each frame but the first would be shifted."""
    dataset = _loop(tmp_path, "RGB")
    dataset.PhotometricInterpretation = "YBR_FULL_422"
    with pytest.raises(ValueError, match="says that it has 3 frames, and holds 4"):
        list(frames_of(dataset, (1,)))
