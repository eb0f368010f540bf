"""An instance is valid, and our own reader finds in it what it was made of."""

from __future__ import annotations

import io
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_array_equal
from pydicom import dcmread

from fetal_head.dicomweb.instance import Described, encoded
from fetal_head.dicomweb.text import dicom_text
from fetal_head.dicomweb.uids import uids_of
from fetal_head.imaging import read_image, write_mask
from fetal_head.imaging.loss import JPEG, Loss
from pictures import speckle, three_structures

UIDS = uids_of(UUID(int=1), "p", "i", 1, 2)
LENGTHS = st.floats(0.01, 2).filter(lambda mm: abs(mm - 1) > 1e-6)
SPACINGS = st.none() | st.tuples(LENGTHS, LENGTHS)
LOSSES = (JPEG, Loss(), Loss(("12.5", "3"), ("ISO_10918_1", "ISO_15444_1")))
FACTS = [{}, {"spacing": (0.2, 0.15)}, *({"loss": loss} for loss in LOSSES), {"patient": "", "name": "Žofie 1"}]
PIXELS = arrays(np.uint8, st.tuples(st.integers(16, 40), st.integers(16, 40)))


def described(shape: tuple[int, int], spacing: tuple[float, float] | None = None, **facts: object) -> Described:
    return Described(UIDS, **{"patient": "p", "name": "i", **facts}, shape=shape, spacing=spacing)  # type: ignore[arg-type]


@settings(max_examples=50)
@given(PIXELS, SPACINGS)
def test_what_is_read_back_is_what_it_was_made_of(pixels: np.ndarray, spacing: tuple[float, float] | None) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "a.dcm"
        path.write_bytes(encoded(described(pixels.shape, spacing), pixels))
        image, geometry = read_image(path)
    assert_array_equal(image, pixels)
    assert geometry.shape == pixels.shape
    assert geometry.spacing == (spacing and pytest.approx(spacing, rel=1e-9))


@pytest.mark.parametrize("spacing", [None, (0.2, 0.15)])
def test_a_mask_lies_on_it_pixel_for_pixel(tmp_path: Path, spacing: tuple[float, float] | None) -> None:
    mask = three_structures(60, 91)
    (tmp_path / "a.dcm").write_bytes(encoded(described(mask.shape, spacing), speckle(60, 91)))
    write_mask(tmp_path / "m.nrrd", mask, read_image(tmp_path / "a.dcm")[1])
    image, laid = sitk.ReadImage(str(tmp_path / "a.dcm")), sitk.ReadImage(str(tmp_path / "m.nrrd"))
    seen = sitk.Resample(laid, image, sitk.Transform(), sitk.sitkNearestNeighbor)
    assert_array_equal(sitk.GetArrayFromImage(seen)[0], mask)


def test_rows_come_before_columns() -> None:
    pixels = speckle(60, 91)
    dataset = dcmread(io.BytesIO(encoded(described((60, 91), (0.2, 0.15)), pixels)))
    assert (dataset.Rows, dataset.Columns) == (60, 91)
    assert [float(mm) for mm in dataset.PixelSpacing] == [0.2, 0.15]
    assert_array_equal(dataset.pixel_array, pixels)


def test_an_unknown_pixel_size_is_said_to_be_unknown() -> None:
    dataset = dcmread(io.BytesIO(encoded(described((16, 16)), speckle(16, 16))))
    region = dataset.SequenceOfUltrasoundRegions[0]
    assert [float(one) for one in dataset.PixelSpacing] == [1, 1]
    assert (region.PhysicalUnitsXDirection, region.PhysicalUnitsYDirection) == (0, 0)
    assert "not known" in dataset.ImageComments


def test_a_known_pixel_size_is_told_once() -> None:
    # viewers that multiply one with the other are in use
    dataset = dcmread(io.BytesIO(encoded(described((16, 16), (0.2, 0.2)), speckle(16, 16))))
    assert "SequenceOfUltrasoundRegions" not in dataset
    assert "not known" not in dataset.ImageComments


def test_a_picture_of_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match="16"):
        encoded(described((16, 17)), speckle(16, 16))


@given(st.text(max_size=100))
def test_any_name_can_be_kept(name: str) -> None:
    text = dicom_text(name)
    assert len(text) <= 64
    assert text.isprintable()
    assert not set(text) & {"\\", "="}


@pytest.mark.parametrize("facts", FACTS)
def test_it_is_valid_ultrasound(tmp_path: Path, facts: dict[str, object]) -> None:
    if shutil.which("dciodvfy") is None:
        pytest.skip("dciodvfy is not installed (Debian: apt-get install dicom3tools)")
    (tmp_path / "a.dcm").write_bytes(encoded(described((61, 91), **facts), speckle(61, 91)))  # type: ignore[arg-type]
    said = _lines(["dciodvfy", str(tmp_path / "a.dcm")])
    assert "USImage" in said
    assert [line for line in said if line.startswith("Error")] == []


def _lines(command: Sequence[str]) -> list[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False).stderr.splitlines()
