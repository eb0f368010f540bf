"""Valid files of every kind, cut and changed at random: they are read, or refused with a sentence, and nothing else happens."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pydicom
import pytest
import SimpleITK as sitk
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom.data import get_testdata_file

from fetal_head.imaging import read_image, read_mask
from fetal_head.imaging.dicom_frame import dicom_frame
from fetal_head.imaging.mask_reader import MASK_EXTENSIONS
from fetal_head.imaging.volume import frame_of
from pictures import compress_dicom, speckle, three_structures, write_dicom, write_itk, write_picture

GREY, MASK = speckle(40, 50), three_structures(40, 50)
RGB = np.stack([GREY, GREY[::-1], GREY[:, ::-1]], axis=-1)
SUFFIXES = (".png", ".bmp", ".jpg", ".tif")
DECODED_APART = ("JPEGLosslessProcess14_1", "JPEG2000Lossless", "JPEGLSLossless")
KINDS: dict[str, Callable[[Path], Path]] = {
    "a.png": lambda folder: write_picture(folder / "a.png", MASK),
    "a.jpg": lambda folder: write_picture(folder / "a.jpg", RGB, dpi=(300, 300)),
    "a.tif": lambda folder: write_picture(folder / "a.tif", RGB, compression="tiff_lzw", dpi=(300, 300)),
    "a.bmp": lambda folder: write_picture(folder / "a.bmp", RGB),
    "a.nrrd": lambda folder: write_itk(folder / "a.nrrd", MASK, spacing=(0.2, 0.3)),
    "a.nii": lambda folder: write_itk(folder / "a.nii", MASK, spacing=(0.2, 0.3)),
    "a.nii.gz": lambda folder: write_itk(folder / "a.nii.gz", MASK),
    "a.dcm": lambda folder: write_dicom(folder / "a.dcm", GREY, spacing=(0.2, 0.3)),
    "RLELossless.dcm": lambda folder: compress_dicom(write_dicom(folder / "p.dcm", GREY), folder / "r.dcm", "RLELossless"),
}


@st.composite
def damages(draw: st.DrawFn) -> Callable[[bytes], bytes]:
    """What happens to a file: its end is lost, and bytes anywhere, most of them near its beginning, become others."""
    share = draw(st.one_of(st.just(1.0), st.floats(0, 1)))
    strikes = draw(st.lists(st.tuples(st.one_of(st.integers(0, 400), st.integers(0, 10_000)), st.binary(min_size=1, max_size=4))))

    def damage(content: bytes) -> bytes:
        changed = bytearray(content[: int(share * len(content))])
        for at, by in strikes:
            if at < len(changed):
                changed[at : at + len(by)] = by
        return bytes(changed)

    return damage


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(damage=damages())
def test_damaged_files_are_read_or_refused(kind: str, damage: Callable[[bytes], bytes], tmp_path: Path) -> None:
    whole = tmp_path / "whole"
    if not whole.exists():
        whole.write_bytes(KINDS[kind](tmp_path).read_bytes())
    path = tmp_path / kind
    path.write_bytes(damage(whole.read_bytes()))
    _read_or_refused(path)


@pytest.mark.parametrize("syntax", DECODED_APART)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.floats(0.5, 1), by=st.binary(min_size=1, max_size=40))
def test_damaged_pixels_end_no_process_but_their_decoder(syntax: str, at: float, by: bytes, tmp_path: Path) -> None:
    """GDCM aborts on some of them."""
    whole = tmp_path / "whole.dcm"
    if not whole.exists():
        compress_dicom(write_dicom(tmp_path / "plain.dcm", GREY), whole, syntax)
    content = whole.read_bytes()
    start = int(at * len(content))
    (tmp_path / "a.dcm").write_bytes(content[:start] + by + content[start + len(by) :])
    _read_or_refused(tmp_path / "a.dcm")
    assert read_image(whole)[1].shape == GREY.shape, "the next one is read again"


def _read_or_refused(path: Path) -> None:
    readers = [read_image] if not path.name.endswith(MASK_EXTENSIONS) else [read_image, read_mask]
    for read in readers:
        said = _refusal(lambda read=read: read(path))
        assert said is None or (said.startswith(f"{path.name}: ") and "\n" not in said)


def _refusal(reading: Callable[[], object]) -> str | None:
    """The sentence with which a file is refused; None when it is read."""
    try:
        reading()
    except ValueError as error:
        return str(error)
    return None


def _pictures(folder: Path) -> list[Path]:
    """Pictures with every kind of dots per inch, and a PNG by ITK, which writes into it how long a pixel is."""
    by_itk = sitk.GetImageFromArray(GREY)
    by_itk.SetSpacing((0.2, 0.3))
    sitk.WriteImage(by_itk, str(folder / "itk.png"))
    kinds = [
        *((suffix, GREY, {"dpi": dpi}) for suffix in SUFFIXES for dpi in ((300, 200), (72.009, 71.5))),
        *((suffix, RGB, {}) for suffix in SUFFIXES),
        *((".tif", GREY, {"resolution_unit": unit, "x_resolution": 80.3, "y_resolution": 19.9}) for unit in (1, 2, 3)),
        (".tif", GREY, {"resolution_unit": 3}),
        (".tif", GREY, {"resolution_unit": 2, "x_resolution": 80.0}),
        (".tif", GREY, {"dpi": (0, 0)}),
    ]
    pictures = enumerate(kinds)
    return [
        folder / "itk.png",
        *(write_picture(folder / f"{n}{suffix}", pixels, **more) for n, (suffix, pixels, more) in pictures),
    ]


def _dicoms(folder: Path) -> Iterator[Path]:
    """Of every transfer syntax, with every kind of place; and those that pydicom is tested with."""
    dataset = pydicom.dcmread(write_dicom(folder / "plain.dcm", GREY, spacing=(0.2, 0.3)))
    dataset.PixelSpacing, dataset.ImagePositionPatient = [0.25, 0.5], [10, -20, 30]
    for number, orientation in enumerate(([1, 0, 0, 0, 1, 0], [0, 1, 0, 0, 0, -1], [-0.6, 0.8, 0, 0.8, 0.6, 0])):
        dataset.ImageOrientationPatient = orientation
        dataset.save_as(folder / f"{number}.dcm")
        yield folder / f"{number}.dcm"
        for syntax in (*DECODED_APART, "RLELossless", "ImplicitVRLittleEndian"):
            yield compress_dicom(folder / f"{number}.dcm", folder / f"{number}-{syntax}.dcm", syntax)
    for name in ("CT_small.dcm", "MR_small.dcm", "MR_small_bigendian.dcm", "JPEG2000.dcm", "SC_rgb_jpeg_dcmtk.dcm"):
        yield Path(str(get_testdata_file(name)))


def test_dicom_lies_where_itk_puts_it(tmp_path: Path) -> None:
    for path in _dicoms(tmp_path):
        reader = sitk.ImageFileReader()
        reader.SetFileName(str(path))
        reader.ReadImageInformation()
        assert dicom_frame(path) == frame_of(reader), path.name


def test_pictures_lie_where_itk_puts_them(tmp_path: Path) -> None:
    for path in _pictures(tmp_path):
        assert read_image(path)[1].frame == frame_of(sitk.ReadImage(str(path))), path.name
