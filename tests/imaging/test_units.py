"""NRRD and NIfTI whose spacing is in another unit than the millimetre, or not there on each axis."""

from __future__ import annotations

from pathlib import Path

import nibabel
import numpy as np
import pytest

from fetal_head.imaging import read_image
from pictures import speckle, write_dicom

GREY = speckle(40, 60)
SPACE = "space: left-posterior-superior"


def _nrrd(path: Path, *lines: str, sizes: str = "60 40", encoding: str = "utf-8") -> Path:
    header = ["NRRD0005", "type: uint8", f"dimension: {len(sizes.split())}", f"sizes: {sizes}", *lines, "encoding: raw", "", ""]
    colours = 3 if sizes.startswith("3") else 1
    path.write_bytes("\n".join(header).encode(encoding) + np.repeat(GREY, colours).tobytes())
    return path


@pytest.mark.parametrize(
    ("units", "millimetres"),
    [
        ('"" ""', 1),
        ('"mm" "mm"', 1),
        ('"mm" ""', 1),
        ('"cm" "cm"', 10),
        ('"m" "m"', 1000),
        ('"um" "um"', 0.001),
        ('"µm" "µm"', 0.001),  # the micro sign
        ('"μm" "μm"', 0.001),  # the Greek letter
        ('"cm" "mm"', None),
        ('"cm" ""', None),
        ('"pixel" "pixel"', None),
        ('"s" "s"', None),
    ],
)
def test_units_of_nrrd(tmp_path: Path, units: str, millimetres: float | None) -> None:
    expected = millimetres and pytest.approx((0.3, 0.2))
    column, row = 0.2 / (millimetres or 1), 0.3 / (millimetres or 1)
    geometry = read_image(_nrrd(tmp_path / "a.nrrd", f"spacings: {column} {row}", f"units: {units}"))[1]
    assert geometry.spacing == expected
    assert geometry.frame.spacing[:2] == pytest.approx((column, row)), "a viewer sees it in the file's own unit"
    directions = ("space dimension: 2", f"space directions: ({column},0) (0,{row})", f"space units: {units}")
    assert read_image(_nrrd(tmp_path / "b.nrrd", *directions))[1].spacing == expected


def test_the_micro_sign_in_latin_1(tmp_path: Path) -> None:
    path = _nrrd(tmp_path / "a.nrrd", "spacings: 200 300", 'units: "µm" "µm"', encoding="latin-1")
    assert read_image(path)[1].spacing == pytest.approx((0.3, 0.2))


def test_one_by_one_of_a_unit_is_unknown_too(tmp_path: Path) -> None:
    assert read_image(_nrrd(tmp_path / "a.nrrd", "spacings: 1 1", 'units: "cm" "cm"'))[1].spacing is None


@pytest.mark.parametrize(
    ("sizes", "lines"),
    [
        ("60 40", ["spacings: 0.2 nan"]),
        ("60 40", ["spacings: NaN 0.2"]),
        ("60 40 1", [SPACE, "space directions: none (0,0.3,0) (0,0,1)"]),
        ("60 40 1", [SPACE, "space directions: (0.2,0,0) (nan,nan,nan) (0,0,1)"]),
        ("3 60 40", ["kinds: RGB-color domain domain", "spacings: nan 0.2 nan"]),
    ],
)
def test_nrrd_that_knows_one_side_of_a_pixel_knows_no_size(tmp_path: Path, sizes: str, lines: list[str]) -> None:
    assert read_image(_nrrd(tmp_path / "a.nrrd", *lines, sizes=sizes))[1].spacing is None


@pytest.mark.parametrize(
    ("sizes", "lines"),
    [
        ("60 40 1", [SPACE, "space directions: (0.2,0,0) (0,0.3,0) none"]),
        ("60 40 1", ["spacings: 0.2 0.3 nan", 'units: "mm" "mm" "s"']),
        ("3 60 40", ["kinds: RGB-color domain domain", "spacings: nan 0.2 0.3", 'units: "" "mm" "mm"']),
        ("3 60 40", ["space dimension: 2", "kinds: RGB-color space space", "space directions: none (0.2,0) (0,0.3)"]),
    ],
)
def test_axes_that_are_no_side_of_a_pixel_need_no_spacing(tmp_path: Path, sizes: str, lines: list[str]) -> None:
    assert read_image(_nrrd(tmp_path / "a.nrrd", *lines, sizes=sizes))[1].spacing == pytest.approx((0.3, 0.2))


def _nifti(path: Path, units: int, pixel: tuple[float, float]) -> Path:
    image = nibabel.Nifti1Image(GREY.T[..., None], None)
    image.header["xyzt_units"], image.header["pixdim"][1:3] = units, pixel
    # nibabel would put a place that the file does not tell beside it
    path.write_bytes(image.header.binaryblock + bytes(4) + image.get_fdata().astype(np.uint8).tobytes(order="F"))
    return path


@pytest.mark.parametrize(("units", "millimetres"), [(0, 1), (1, 1000), (2, 1), (3, 0.001), (5, None)])
def test_units_of_nifti(tmp_path: Path, units: int, millimetres: float | None) -> None:
    expected = millimetres and pytest.approx((0.3, 0.2))
    column, row = 0.2 / (millimetres or 1), 0.3 / (millimetres or 1)
    assert read_image(_nifti(tmp_path / "a.nii", units, (column, row)))[1].spacing == expected


@pytest.mark.parametrize(("unit", "row"), [("m", 0.3), ("mm", 2.1), ("mm", 0.009), ("um", 0.3)])
def test_a_size_that_no_ultrasound_has_is_refused(tmp_path: Path, unit: str, row: float) -> None:
    """Of a file that says metre and means millimetre, a head would measure two hundred metres around."""
    code, millimetres = {"m": (1, 1000), "mm": (2, 1), "um": (3, 0.001)}[unit]
    for path in (
        _nifti(tmp_path / "a.nii", code, (0.2 / millimetres, row)),
        _nrrd(tmp_path / "a.nrrd", f"spacings: {0.2 / millimetres} {row}", f'units: "{unit}" "{unit}"'),
        write_dicom(tmp_path / "a.dcm", GREY, spacing=(row * millimetres, 0.2)),
    ):
        said = rf"{path.name}: it is said to have pixels of {row * millimetres:g} mm; those of ultrasound measure 0.01 to 2 mm"
        with pytest.raises(ValueError, match=said):
            read_image(path)


@pytest.mark.parametrize("pixel", [(0.2, 0), (0, 0.3), (0.2, np.nan)])
def test_nifti_that_knows_one_side_of_a_pixel_knows_no_size(tmp_path: Path, pixel: tuple[float, float]) -> None:
    assert read_image(_nifti(tmp_path / "a.nii", 2, pixel))[1].spacing is None


@pytest.mark.parametrize(("placed", "spacing"), [((0.2, 0.3), (0.3, 0.2)), ((0.5, 0.5), None), ((0.2, 0.31), None)])
def test_nifti_that_tells_two_sizes_knows_none(
    tmp_path: Path, placed: tuple[float, float], spacing: tuple[float, float] | None
) -> None:
    """Its sform, by which nibabel and FSL measure, and pixdim, by which ITK does."""
    image = nibabel.Nifti1Image(GREY.T[..., None], np.diag([*placed, 1, 1]))
    image.header["pixdim"][1:3], image.header["qform_code"] = (0.2, 0.3), 0
    path = tmp_path / "a.nii"
    path.write_bytes(image.header.binaryblock + bytes(4) + GREY.tobytes())
    assert read_image(path)[1].spacing == (spacing and pytest.approx(spacing))
