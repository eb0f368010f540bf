"""One picture, the same grey values and the right geometry from every kind of file."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import nibabel
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from PIL import Image
from pydicom import dcmread
from pydicom.encaps import encapsulate
from pydicom.uid import JPEGBaseline8Bit

from fetal_head.files import clear_strays
from fetal_head.imaging import read_geometry, read_image, read_mask, suffix_by_content
from pictures import compress_dicom, every_kind, speckle, write_dicom, write_itk, write_picture, write_volume

GREY = speckle(60, 90)
RGB = np.stack([GREY] * 3, axis=-1)


@pytest.mark.parametrize("name", ["a.png", "a.tif", "a.bmp", "a.PNG"])
@pytest.mark.parametrize("pixels", [GREY, RGB], ids=["grey", "rgb"])
def test_lossless_pictures_give_their_own_values(tmp_path: Path, name: str, pixels: np.ndarray) -> None:
    image, geometry = read_image(write_picture(tmp_path / name, pixels))
    assert image.dtype == np.float32
    assert geometry.shape == (60, 90)
    assert geometry.spacing is None
    assert_array_equal(image, GREY)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P", "1", "CMYK"])
def test_other_modes_of_png_and_tiff(tmp_path: Path, mode: str) -> None:
    path = tmp_path / ("a.tif" if mode == "CMYK" else "a.png")
    grey = np.where(GREY > 100, 255, 0).astype(np.uint8) if mode == "1" else GREY
    picture = Image.fromarray(grey)
    if mode == "P":
        picture = Image.fromarray(255 - grey)
        picture = picture.convert("P")
        picture.putpalette([255 - i for i in range(256) for _ in range(3)])
    elif mode == "LA":
        picture = Image.merge("LA", [picture, Image.fromarray(speckle(60, 90, seed=1))])
    else:
        picture = picture.convert("RGB").convert(mode) if mode in ("RGBA", "CMYK") else picture.convert(mode)
    picture.save(path)
    assert_array_equal(read_image(path)[0], grey)


def test_sixteen_bits_keep_their_range(tmp_path: Path) -> None:
    wide = GREY.astype(np.uint16) * 257
    for path in (
        write_picture(tmp_path / "a.png", wide),
        write_picture(tmp_path / "a.tif", wide),
        write_itk(tmp_path / "a.nii.gz", wide),
        write_itk(tmp_path / "a.nrrd", wide),
        write_dicom(tmp_path / "a.dcm", wide),
    ):
        assert_array_equal(read_image(path)[0], wide)


def test_jpeg_is_within_its_own_loss(tmp_path: Path) -> None:
    smooth = np.asarray(Image.fromarray(GREY).resize((20, 14)).resize((90, 60), Image.Resampling.BICUBIC))
    image, geometry = read_image(write_picture(tmp_path / "a.jpg", smooth, quality=95, dpi=(300, 300)))
    assert np.abs(image - smooth).max() < 12
    assert geometry.spacing is None, "dots per inch are no millimetres of a patient"


@pytest.mark.parametrize("flat", [False, True], ids=["(W,H,1)", "(W,H)"])
@pytest.mark.parametrize("name", ["a.nii.gz", "a.nii", "a.nrrd"])
def test_volumes(tmp_path: Path, name: str, flat: bool) -> None:
    image, geometry = read_image(write_itk(tmp_path / name, GREY, spacing=(0.25, 0.125), flat=flat))
    assert_array_equal(image, GREY)
    assert geometry.spacing == pytest.approx((0.25, 0.125))


@pytest.mark.parametrize("frames", [1, 2, 3, 4])
def test_frames_of_a_sequence_are_no_colours(tmp_path: Path, frames: int) -> None:
    """3D Slicer writes them as the values of a pixel, along an axis that it calls a list."""
    header = f"NRRD0004\ntype: uint8\ndimension: 4\nsizes: {frames} 90 60 1\nkinds: list domain domain domain\nencoding: raw\n\n"
    (tmp_path / "a.nrrd").write_bytes(header.encode() + np.repeat(GREY, frames).tobytes())
    if frames == 1:
        assert_array_equal(read_image(tmp_path / "a.nrrd")[0], GREY)
    else:
        with pytest.raises(ValueError, match=f"holds {frames} frames; one single 2D image"):
            read_image(tmp_path / "a.nrrd")


def test_spacing_of_one_by_one_is_unknown(tmp_path: Path) -> None:
    assert read_image(write_itk(tmp_path / "a.nrrd", GREY))[1].spacing is None
    assert read_image(write_itk(tmp_path / "a.nii.gz", GREY))[1].spacing is None


@pytest.mark.parametrize(
    ("pixels", "photometric"),
    [(GREY, "MONOCHROME2"), (255 - GREY, "MONOCHROME1"), (RGB, "RGB")],
    ids=["monochrome2", "monochrome1", "rgb"],
)
def test_dicom(tmp_path: Path, pixels: np.ndarray, photometric: str) -> None:
    image, geometry = read_image(write_dicom(tmp_path / "a.dcm", pixels, spacing=(0.2, 0.15), photometric=photometric))
    assert_array_equal(image, GREY)
    assert geometry.spacing == pytest.approx((0.2, 0.15))


def test_dicom_without_regions_has_no_size(tmp_path: Path) -> None:
    assert read_image(write_dicom(tmp_path / "a.dcm", GREY))[1].spacing is None


@pytest.mark.parametrize(("told", "spacing"), [([1, 1], None), ([0.3, 0.2], (0.3, 0.2)), ([1, 0.5], (1, 0.5))])
def test_dicom_pixel_spacing_of_one_by_one_is_unknown(tmp_path: Path, told: list[float], spacing: object) -> None:
    dataset = dcmread(write_dicom(tmp_path / "a.dcm", GREY))
    dataset.PixelSpacing = told
    dataset.save_as(tmp_path / "b.dcm")
    assert read_image(tmp_path / "b.dcm")[1].spacing == spacing


def test_dicom_with_jpeg_inside(tmp_path: Path) -> None:
    smooth = np.asarray(Image.fromarray(GREY).resize((20, 14)).resize((90, 60), Image.Resampling.BICUBIC))
    jpeg = tmp_path / "a.jpg"
    write_picture(jpeg, np.stack([smooth] * 3, axis=-1), quality=95)
    path = write_dicom(tmp_path / "a.dcm", np.stack([smooth] * 3, axis=-1), photometric="YBR_FULL_422")
    dataset = dcmread(path)
    dataset.PixelData = encapsulate([jpeg.read_bytes()])
    dataset["PixelData"].is_undefined_length = True
    dataset.file_meta.TransferSyntaxUID = JPEGBaseline8Bit
    dataset.save_as(path)
    assert np.abs(read_image(path)[0] - smooth).max() < 12


@pytest.mark.parametrize("syntax", ["JPEGLosslessProcess14_1", "JPEG2000Lossless", "JPEGLSLossless", "RLELossless"])
@pytest.mark.parametrize("photometric", ["MONOCHROME2", "RGB"])
def test_dicom_compressed_without_loss(tmp_path: Path, syntax: str, photometric: str) -> None:
    colours = np.stack([GREY, GREY[::-1], GREY[:, ::-1]], axis=-1)
    plain = write_dicom(tmp_path / "a.dcm", GREY if photometric == "MONOCHROME2" else colours, photometric=photometric)
    assert_allclose(read_image(compress_dicom(plain, tmp_path / "b.dcm", syntax))[0], read_image(plain)[0], rtol=1e-5)


def test_colour_becomes_luma(tmp_path: Path) -> None:
    colours = np.stack([GREY, GREY[::-1], GREY[:, ::-1]], axis=-1)
    expected = np.rint(colours @ [299, 587, 114] / 1000)
    for path in (write_picture(tmp_path / "a.png", colours), write_dicom(tmp_path / "a.dcm", colours, photometric="RGB")):
        assert_array_equal(read_image(path)[0], expected)


def _damaged(path: Path) -> Path:
    write_picture(path, GREY)
    path.write_bytes(path.read_bytes()[:400])
    return path


def _text(path: Path) -> Path:
    path.write_text("not an image at all")
    return path


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda d: _text(d / "a.png"), "is no PNG"),
        (lambda d: _damaged(d / "a.png"), "a.png"),
        (lambda d: write_dicom(d / "a.dcm", GREY, frames=3), "3 frames"),
        (lambda d: write_volume(d / "a.nrrd", np.zeros((4, 30, 40), np.uint8)), "one single 2D image"),
        (lambda d: write_picture(d / "a.png", GREY[:8]), "pixels"),
        (lambda d: write_itk(d / "a.nrrd", np.full((30, 40), np.nan, np.float32)), "not finite"),
        # as floating-point numbers are whose bytes stand in another order than the header says
        (lambda d: write_itk(d / "a.nrrd", np.linspace(-3e38, 3e38, 1200, dtype=np.float32).reshape(30, 40)), r"beyond 1e\+12"),
    ],
    ids=["text", "cut short", "three frames", "volume", "tiny", "nan", "other byte order"],
)
def test_refusals_name_the_file_and_the_reason(tmp_path: Path, make, sentence: str) -> None:
    path = make(tmp_path)
    with pytest.raises(ValueError, match=sentence) as refused:
        read_image(path)
    assert path.name in str(refused.value)


def test_the_ending_is_that_of_the_content(tmp_path: Path) -> None:
    for suffix in (".png", ".jpg", ".tif", ".bmp"):
        assert suffix_by_content(write_picture(tmp_path / f"a{suffix}", GREY).rename(tmp_path / "upload")) == suffix
    for suffix in (".nii.gz", ".nii", ".nrrd"):
        assert suffix_by_content(write_itk(tmp_path / f"a{suffix}", GREY).rename(tmp_path / "upload")) == suffix
    assert suffix_by_content(write_dicom(tmp_path / "a.dcm", GREY).rename(tmp_path / "upload")) == ".dcm"
    for content in (b"", b"text" * 200, b"\x89PNG\r\n\x1a\n" + b"\0" * 100):
        (tmp_path / "upload").write_bytes(content)
        with pytest.raises(ValueError, match=r".+"):
            suffix_by_content(tmp_path / "upload")


def test_a_packed_nifti_beside_an_unpacked_one_of_its_name_is_read_itself(tmp_path: Path) -> None:
    other = write_itk(tmp_path / "a.nii", GREY[::-1] % 4)
    for path in (write_itk(tmp_path / "a.nii.gz", GREY % 4), other):
        pixels = GREY % 4 if path != other else GREY[::-1] % 4
        assert_array_equal(read_image(path)[0], pixels)
        assert_array_equal(read_mask(path), pixels)


@pytest.mark.parametrize("name", ["a.Nii.gz", "a.nii", "a.png"])
def test_a_packed_nifti_is_read_under_any_name(tmp_path: Path, name: str) -> None:
    path = write_itk(tmp_path / "b.nii.gz", GREY).rename(tmp_path / name)
    assert_array_equal(read_image(path)[0], GREY)


# ends its process where ITK has been shown the file
KILLED = """
import os, sys
import SimpleITK as sitk
from fetal_head.imaging import read_image
sitk.ImageFileReader.ReadImageInformation = lambda reader: os.kill(os.getpid(), 9)
read_image(sys.argv[1])
"""


@pytest.mark.parametrize("name", ["a.nii", "a.dcm"])
def test_what_a_killed_process_showed_to_itk_is_cleared_away(tmp_path: Path, name: str) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    write = write_dicom if name == "a.dcm" else write_itk
    path = write(tmp_path / name, speckle(40, 50))
    run = subprocess.run([sys.executable, "-c", KILLED, str(path)], env={**os.environ, "TMPDIR": str(temporary)}, check=False)
    assert run.returncode == -signal.SIGKILL
    assert list(temporary.iterdir())
    clear_strays(temporary)
    assert not list(temporary.iterdir())


def test_the_geometry_alone_is_that_of_the_image(tmp_path: Path) -> None:
    every_kind(tmp_path, speckle(60, 90))
    for path in tmp_path.iterdir():
        assert read_geometry(path) == read_image(path)[1], path.name


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_one_pixel_that_is_no_number_is_enough(tmp_path: Path, value: float) -> None:
    """ITK takes it for 0, which in a mask is background."""
    pixels = np.ones((60, 90), dtype=np.float32)
    pixels[30, 40] = value
    nibabel.save(nibabel.Nifti1Image(pixels.T[..., None], np.eye(4)), tmp_path / "a.nii.gz")
    for read in (read_image, read_mask):
        with pytest.raises(ValueError, match="not finite"):
            read(tmp_path / "a.nii.gz")
