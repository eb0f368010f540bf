"""Masks there and back: every pixel, every label, whoever wrote the file."""

from __future__ import annotations

from pathlib import Path

import nibabel
import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_array_equal
from PIL import Image
from scipy import ndimage

from fetal_head.imaging import Frame, Geometry, annotated_in, check_mask, read_image, read_mask, write_mask
from fetal_head.imaging.mask import remap, without_holes
from pictures import speckle, three_structures, write_dicom, write_itk, write_picture

MASK = three_structures(60, 90)
masks = arrays(np.uint8, st.tuples(st.integers(1, 24), st.integers(1, 24)), elements=st.integers(0, 3))


@pytest.mark.parametrize("extension", [".nrrd", ".nii.gz", ".nii", ".png"])
@given(mask=masks)
def test_written_then_read(tmp_path_factory: pytest.TempPathFactory, extension: str, mask: np.ndarray) -> None:
    path = tmp_path_factory.mktemp("mask") / f"m{extension}"
    write_mask(path, mask, Geometry(mask.shape))
    assert_array_equal(read_mask(path, mask.shape), mask)


@pytest.mark.parametrize("extension", [".nrrd", ".nii.gz"])
def test_shape_and_type_that_slicer_needs(tmp_path: Path, extension: str) -> None:
    write_mask(tmp_path / f"m{extension}", MASK, Geometry(MASK.shape))
    image = sitk.ReadImage(str(tmp_path / f"m{extension}"))
    assert image.GetSize() == (90, 60, 1)
    assert image.GetPixelID() == sitk.sitkUInt8


def test_nifti_of_a_picture_has_the_affine_that_viewers_expect(tmp_path: Path) -> None:
    write_mask(tmp_path / "m.nii.gz", MASK, Geometry(MASK.shape))
    assert_array_equal(nibabel.load(tmp_path / "m.nii.gz").affine, np.diag([-1, -1, 1, 1]))


def _images(folder: Path) -> list[Path]:
    grey = speckle(60, 90)
    tilted = sitk.GetImageFromArray(grey[np.newaxis])
    tilted.SetOrigin((10, -20, 5))
    tilted.SetSpacing((0.3, 0.2, 1))
    tilted.SetDirection((0, -1, 0, 1, 0, 0, 0, 0, 1))
    sitk.WriteImage(tilted, str(folder / "tilted.nrrd"))
    by_itk = sitk.GetImageFromArray(grey)
    by_itk.SetSpacing((0.2, 0.3))
    sitk.WriteImage(by_itk, str(folder / "itk.png"))
    nibabel.save(nibabel.Nifti1Image(grey.T[..., None], np.eye(4)), folder / "eye.nii.gz")
    return [
        write_picture(folder / "plain.png", grey),
        write_picture(folder / "dots.jpg", grey, dpi=(300, 150)),
        write_picture(folder / "dots.tif", grey, dpi=(72, 72)),
        write_itk(folder / "none.nii.gz", grey),
        write_itk(folder / "some.nii.gz", grey, spacing=(0.4, 0.1)),
        write_itk(folder / "flat.nii.gz", grey, spacing=(0.4, 0.1), flat=True),
        write_itk(folder / "none.nrrd", grey),
        write_itk(folder / "some.nrrd", grey, spacing=(0.4, 0.1)),
        write_dicom(folder / "none.dcm", grey),
        write_dicom(folder / "some.dcm", grey, spacing=(0.4, 0.1)),
        folder / "tilted.nrrd",
        folder / "itk.png",
        folder / "eye.nii.gz",
    ]


def test_mask_lies_on_its_image_in_physical_space(tmp_path: Path) -> None:
    """A marker in the image's corner, resampled from the mask's file onto the image's file, stays where it was."""
    marker = np.zeros((60, 90), np.uint8)
    marker[:7, :11], marker[-1, -1] = 2, 3
    for path in _images(tmp_path):
        write_mask(tmp_path / "mask.nrrd", marker, read_image(path)[1])
        image, mask = sitk.ReadImage(str(path)), sitk.ReadImage(str(tmp_path / "mask.nrrd"))
        if image.GetDimension() == 2:
            image = sitk.JoinSeries(image)
        if image.GetNumberOfComponentsPerPixel() > 1:
            image = sitk.VectorIndexSelectionCast(image, 0)
        on_image = sitk.Resample(mask, image, sitk.Transform(), sitk.sitkNearestNeighbor, 0, mask.GetPixelID())
        assert_array_equal(sitk.GetArrayFromImage(on_image)[0], marker, err_msg=path.name)


@given(frame_seed=st.integers(0, 2**32 - 1))
def test_frame_survives_the_file(tmp_path_factory: pytest.TempPathFactory, frame_seed: int) -> None:
    random = np.random.default_rng(frame_seed)
    rotation = np.linalg.qr(random.normal(size=(3, 3)))[0]
    frame = Frame(tuple(random.normal(size=3) * 50), tuple(random.uniform(0.05, 2, 3)), tuple(rotation.ravel()))
    path = tmp_path_factory.mktemp("frame") / "m.nrrd"
    write_mask(path, MASK, Geometry(MASK.shape, frame=frame))
    image = sitk.ReadImage(str(path))
    np.testing.assert_allclose(image.GetOrigin(), frame.origin, atol=1e-9)
    np.testing.assert_allclose(image.GetSpacing(), frame.spacing, rtol=1e-9)
    np.testing.assert_allclose(image.GetDirection(), frame.direction, atol=1e-9)


@pytest.mark.parametrize("flat", [False, True], ids=["(W,H,1)", "(W,H)"])
@pytest.mark.parametrize("extension", [".nii.gz", ".nrrd"])
@pytest.mark.parametrize("kind", [np.uint8, np.int16, np.float32])
def test_masks_of_other_programs(tmp_path: Path, extension: str, flat: bool, kind: type) -> None:
    path = write_itk(tmp_path / f"m{extension}", MASK.astype(kind), spacing=(0.4, 0.1), flat=flat)
    assert_array_equal(read_mask(path, MASK.shape), MASK)


@pytest.mark.parametrize("kind", [np.uint8, np.int8, np.int16])
@pytest.mark.parametrize("structures", [(1,), (1, 2), (1, 2, 3)])
def test_masks_that_nibabel_has_spread_over_the_numbers_of_their_header(tmp_path: Path, kind: type, structures: tuple) -> None:
    """As it does with what `get_fdata` gives; without an LV, a BRAIN comes back as 0.996."""
    mask = np.where(np.isin(MASK, structures), MASK, 0)
    image = nibabel.Nifti1Image(mask.T[..., None].astype(kind), np.eye(4))
    nibabel.save(nibabel.Nifti1Image(image.get_fdata(), image.affine, image.header), tmp_path / "m.nii.gz")
    assert_array_equal(read_mask(tmp_path / "m.nii.gz", MASK.shape), mask)


def test_a_resampled_mask_is_none(tmp_path: Path) -> None:
    nibabel.save(nibabel.Nifti1Image(MASK.T[..., None] * np.float32(0.98), np.eye(4)), tmp_path / "m.nii.gz")
    with pytest.raises(ValueError, match=r"m.nii.gz: the mask holds the value 0.98"):
        read_mask(tmp_path / "m.nii.gz")


@given(order=st.permutations(["BRAIN", "CSP", "LV"]))
def test_segments_are_told_by_name(tmp_path_factory: pytest.TempPathFactory, order: list[str]) -> None:
    theirs = np.zeros_like(MASK)
    for value, name in enumerate(order, start=1):
        theirs[{"BRAIN": 1, "CSP": 2, "LV": 3}[name] == MASK] = value
    path = write_itk(tmp_path_factory.mktemp("order") / "m.nrrd", theirs)
    assert_array_equal(read_mask(path, MASK.shape, segments=order), MASK)


def test_deleted_csp_leaves_lv_an_lv(tmp_path: Path) -> None:
    theirs = np.where(MASK == 3, 2, MASK == 1).astype(np.uint8)
    expected = np.where(MASK == 2, 0, MASK)
    assert_array_equal(read_mask(write_itk(tmp_path / "m.nrrd", theirs), MASK.shape, segments=["BRAIN", "LV"]), expected)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        (MASK.T, "transposed"),
        (MASK[:-1], "90 x 59 pixels"),
        (np.where(MASK == 3, 77, MASK), "value 77"),
        (MASK * 0.5, "value 0.5"),
        (np.where(MASK == 3, -1, MASK), "value -1"),
    ],
    ids=["transposed", "short", "77", "half", "negative"],
)
def test_what_is_no_mask_of_this_image(values: np.ndarray, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        check_mask(values, MASK.shape)


def test_unreadable_masks(tmp_path: Path) -> None:
    (tmp_path / "m.nrrd").write_bytes(b"NRRD0004\nnonsense")
    write_picture(tmp_path / "rgb.png", np.stack([MASK] * 3, axis=-1))
    (tmp_path / "m.txt").write_text("x")
    for name, sentence in (("m.nrrd", "cannot be read"), ("rgb.png", "colour picture"), ("m.txt", "a mask is one of")):
        with pytest.raises(ValueError, match=sentence) as refused:
            read_mask(tmp_path / name, MASK.shape)
        assert name in str(refused.value)


@pytest.mark.parametrize("kind", ["JPEG", "BMP", "TIFF"])
def test_a_mask_called_png_has_to_be_one(tmp_path: Path, kind: str) -> None:
    """JPEG, for one, gives some pixels to other structures."""
    Image.fromarray(MASK).save(tmp_path / "m.png", kind)
    with pytest.raises(ValueError, match=rf"is {kind} called PNG; save the mask as PNG"):
        read_mask(tmp_path / "m.png", MASK.shape)


@pytest.mark.parametrize(
    "colours",
    [[(0, 0, 0), (255, 0, 0), (0, 255, 0), (0, 0, 255)], [(0, 0, 0)] * 4, [(v, v, v) for v in (0, 85, 170, 255)]],
    ids=["colours", "all black", "visible greys"],
)
def test_what_a_palette_shows_is_no_label(tmp_path: Path, colours: list[tuple[int, int, int]]) -> None:
    picture = Image.frombytes("P", MASK.shape[::-1], MASK.tobytes())
    picture.putpalette([value for colour in colours for value in colour])
    picture.save(tmp_path / "m.png")
    assert_array_equal(read_mask(tmp_path / "m.png", MASK.shape), MASK)


@given(order=st.permutations(range(4)))
def test_grey_that_a_program_made_a_palette_of_keeps_its_values(
    tmp_path_factory: pytest.TempPathFactory, order: list[int]
) -> None:
    """Programs that make a PNG smaller number the greys of a mask anew, often as they come."""
    picture = Image.frombytes("P", MASK.shape[::-1], np.argsort(order).astype(np.uint8)[MASK].tobytes())
    picture.putpalette([value for value in order for _ in range(3)])
    path = tmp_path_factory.mktemp("palette") / "m.png"
    picture.save(path)
    assert_array_equal(read_mask(path, MASK.shape), MASK)


def test_remap_refuses_what_it_cannot_name() -> None:
    with pytest.raises(ValueError, match="Segment_1"):
        remap(MASK, {1: "BRAIN", 2: "Segment_1", 3: "LV"})
    with pytest.raises(ValueError, match="no segment is named"):
        remap(MASK, {1: "BRAIN", 2: "CSP"})
    with pytest.raises(ValueError, match="two segments"):
        remap(MASK, {1: "BRAIN", 2: "LV", 3: "lv"})


def test_a_head_that_is_not_drawn_is_unknown_but_a_missing_csp_is_an_answer() -> None:
    assert annotated_in(np.where(MASK == 2, 0, MASK).astype(np.uint8)) == ("BRAIN", "CSP", "LV")
    assert annotated_in(np.where(MASK == 1, 0, MASK).astype(np.uint8)) == ("CSP", "LV")


@given(region=arrays(np.bool_, st.tuples(st.integers(0, 24), st.integers(0, 24))))
def test_holes_are_those_of_scipy(region: np.ndarray) -> None:
    assert_array_equal(without_holes(region), ndimage.binary_fill_holes(region))


def test_black_and_white_is_no_mask_however_many_bits_it_has(tmp_path: Path) -> None:
    """It speaks of one region alone; taken for a mask it would say of CSP and LV that they are not there."""
    for name, drawing in (("one", MASK > 0), ("eight", 255 * (MASK > 0).astype(np.uint8))):
        with pytest.raises(ValueError, match="the mask holds the value 255"):
            read_mask(write_picture(tmp_path / f"{name}.png", drawing))


@pytest.mark.parametrize("value", [0, 1])
def test_a_palette_of_which_one_colour_is_used(tmp_path: Path, value: int) -> None:
    """As in the mask of an image in which there is nothing."""
    picture = Image.new("P", (90, 60), value)
    picture.putpalette([0, 0, 0, 255, 0, 0])
    picture.save(tmp_path / "m.png")
    assert (read_mask(tmp_path / "m.png", (60, 90)) == value).all()
