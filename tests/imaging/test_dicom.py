"""What DICOM says of its pixels: their size where it is certain, and their colours however they are coded."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from PIL import Image
from pydicom import dcmread
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.pixel_data_handlers.util import convert_color_space
from pydicom.uid import (
    JPEG2000,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
)

from fetal_head.imaging import read_image
from pictures import compress_dicom, speckle, write_dicom

GREY = speckle(60, 90)
DOWN, ACROSS = np.mgrid[:60, :90]
SMOOTH = np.stack([ACROSS * 2.5, DOWN * 3.9, ACROSS + DOWN], axis=-1).astype(np.uint8)
LUMA = SMOOTH @ [0.299, 0.587, 0.114]
CENTIMETRE, SECOND = 3, 4
TISSUE, M_MODE = 1, 2


def _region(columns: tuple[int, int], scale: tuple[float, float], kind: int = TISSUE, unit: int = CENTIMETRE) -> Dataset:
    """All rows of some columns, with its mm per pixel along (rows, columns)."""
    region = Dataset()
    region.RegionSpatialFormat, region.RegionDataType, region.RegionFlags = kind, 1, 0
    region.RegionLocationMinX0, region.RegionLocationMaxX1 = columns
    region.RegionLocationMinY0, region.RegionLocationMaxY1 = 0, 59
    region.PhysicalUnitsXDirection, region.PhysicalUnitsYDirection = unit, CENTIMETRE
    region.PhysicalDeltaY, region.PhysicalDeltaX = scale[0] / 10, scale[1] / 10
    return region


@pytest.mark.parametrize(
    ("regions", "spacing"),
    [
        ([_region((0, 44), (0.2, 0.2)), _region((45, 89), (0.4, 0.4))], None),
        ([_region((0, 44), (0.2, 0.2)), _region((45, 89), (0.2, 0.21))], None),
        ([_region((0, 44), (0.2, 0.3)), _region((46, 89), (0.201, 0.3))], (0.2, 0.3)),
        ([_region((80, 89), (0.4, 0.4)), _region((0, 79), (0.2, 0.2))], None),
        ([_region((84, 89), (0.4, 0.4)), _region((0, 79), (0.2, 0.2))], (0.2, 0.2)),
        ([_region((0, 0), (0.2, 0.2)), _region((9, 0), (0.4, 0.4))], None),
        ([_region((0, 44), (0.2, 0.2)), _region((45, 89), (0.4, 0.4), M_MODE, SECOND)], (0.2, 0.2)),
        ([_region((0, 44), (0.2, 0.2)), _region((45, 89), (0.4, 0.4), TISSUE, SECOND)], (0.2, 0.2)),
        ([_region((0, 89), (10, 10), TISSUE, 0), _region((80, 89), (0.4, 0.4))], None),
        ([_region((0, 89), (0, 0)), _region((50, 89), (0.4, 0.4))], None),
        ([_region((0, 79), (0.2, 0.2)), _region((80, 89), (10, 10), TISSUE, 0)], (0.2, 0.2)),
        ([_region((0, 90), (0.2, 0.2))], (0.2, 0.2)),
        ([_region((0, 179), (0.2, 0.2))], None),
        ([_region((82, 89), (0.2, 0.2))], None),
        ([_region((84, 89), (0.2, 0.2)), _region((0, 79), (0.4, 0.4), M_MODE, SECOND)], None),
    ],
    ids=[
        "two scales",
        "one axis",
        "within 1 %",
        "a tenth",
        "an inset",
        "of no size",
        "M-mode",
        "another unit",
        "none but an inset's",
        "none but a part's",
        "an inset of none",
        "end",
        "made smaller",
        "an inset alone",
        "an inset beside M-mode",
    ],
)
def test_regions_of_several_scales_or_of_another_image_measure_nothing(
    tmp_path: Path, regions: list[Dataset], spacing: object
) -> None:
    dataset = dcmread(write_dicom(tmp_path / "a.dcm", GREY))
    dataset.SequenceOfUltrasoundRegions, dataset.PixelSpacing = regions, [0.7, 0.7]
    dataset.save_as(tmp_path / "a.dcm")
    assert read_image(tmp_path / "a.dcm")[1].spacing == (spacing and pytest.approx(spacing))


def _encapsulated(path: Path, photometric: str, syntax: str, kind: str, **options: object) -> Path:
    """DICOM that says `photometric` of a stream which Pillow writes."""
    stream = BytesIO()
    Image.fromarray(SMOOTH).save(stream, kind, **options)
    dataset = dcmread(write_dicom(path, SMOOTH, photometric=photometric))
    dataset.file_meta.TransferSyntaxUID, dataset.PixelData = syntax, encapsulate([stream.getvalue()])
    dataset["PixelData"].is_undefined_length = True
    dataset.save_as(path)
    return path


@pytest.mark.parametrize(
    ("photometric", "syntax", "options"),
    [
        ("YBR_RCT", JPEG2000Lossless, {"irreversible": False}),
        ("YBR_ICT", JPEG2000, {"irreversible": True}),
        ("RGB", JPEG2000Lossless, {"irreversible": False}),
    ],
)
def test_jpeg_2000_in_colours(tmp_path: Path, photometric: str, syntax: str, options: dict[str, bool]) -> None:
    path = _encapsulated(tmp_path / "a.dcm", photometric, syntax, "JPEG2000", no_jp2=True, mct=1, **options)
    assert_allclose(read_image(path)[0], LUMA, atol=1.5)


@pytest.mark.parametrize("syntax", [JPEGBaseline8Bit, JPEGExtended12Bit])
@pytest.mark.parametrize("photometric", ["RGB", "YBR_FULL_422"])
@pytest.mark.parametrize("keep_rgb", [False, True])
def test_jpeg_says_itself_what_its_colours_are(tmp_path: Path, syntax: str, photometric: str, keep_rgb: bool) -> None:
    path = _encapsulated(tmp_path / "a.dcm", photometric, syntax, "JPEG", quality=98, keep_rgb=keep_rgb)
    assert_allclose(read_image(path)[0], LUMA, atol=2)
    # what uncompressed pixels once were is no order of a stream's
    assert_allclose(read_image(_changed(path, PlanarConfiguration=1))[0], LUMA, atol=2)


def test_jpeg_with_coarser_chroma_and_no_marker(tmp_path: Path) -> None:
    """GDCM writes it and says RGB."""
    plain = write_dicom(tmp_path / "a.dcm", SMOOTH, photometric="RGB")
    assert_allclose(read_image(compress_dicom(plain, tmp_path / "b.dcm", "JPEGBaselineProcess1"))[0], LUMA, atol=2)


def test_jpeg_that_says_nothing_is_what_the_header_says() -> None:
    path = Path(str(get_testdata_file("SC_jpeg_no_color_transform.dcm")))
    assert_allclose(read_image(path)[0], dcmread(path).pixel_array @ [0.299, 0.587, 0.114], atol=0.501)


@pytest.mark.parametrize("first", [0, 7])
@pytest.mark.parametrize(
    ("bits", "palette", "shift"),
    [
        (8, np.arange(256, dtype=np.uint8), 0),
        (8, np.arange(256, dtype=np.uint16), 0),
        (16, np.arange(256, dtype=np.uint16), 0),
        (16, np.arange(0, 65536, 256, dtype=np.uint16), 8),
        (16, np.array([*range(255), 65535], dtype=np.uint16), 8),
    ],
    ids=["8 bits", "8 bits in 16", "16 bits up to 255", "16 bits", "16 bits, almost all dark"],
)
def test_palettes(tmp_path: Path, bits: int, palette: np.ndarray, shift: int, first: int) -> None:
    indices = np.minimum(GREY, 240)
    dataset = dcmread(write_dicom(tmp_path / "a.dcm", indices + np.uint8(first), photometric="PALETTE COLOR"))
    for name in ("Red", "Green", "Blue"):
        dataset.add_new(f"{name}PaletteColorLookupTableDescriptor", "US", [256, first, bits])
        dataset.add_new(f"{name}PaletteColorLookupTableData", "OW", palette.tobytes())
    dataset.save_as(tmp_path / "a.dcm")
    assert_array_equal(read_image(tmp_path / "a.dcm")[0], palette[indices] >> shift)


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("is_little", [True, False], ids=["little", "big"])
def test_a_palette_of_more_colours_than_a_byte_counts(tmp_path: Path, bits: int, is_little: bool) -> None:
    order = "<" if is_little else ">"
    indices = GREY.astype(np.uint16) * 3
    palette = (np.arange(600) * (2**bits - 1) // 599)[::-1].astype(f"{order}u{bits // 8}")
    dataset = dcmread(write_dicom(tmp_path / "a.dcm", indices.astype(f"{order}u2"), photometric="PALETTE COLOR"))
    for name in ("Red", "Green", "Blue"):
        dataset.add_new(f"{name}PaletteColorLookupTableDescriptor", "US", [600, 0, bits])
        dataset.add_new(f"{name}PaletteColorLookupTableData", "OW", palette.tobytes())
    dataset.is_little_endian = is_little
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian if is_little else ExplicitVRBigEndian
    dataset.save_as(tmp_path / "a.dcm")
    assert_array_equal(read_image(tmp_path / "a.dcm")[0], palette[np.minimum(indices, 599)] >> bits - 8)


@pytest.mark.parametrize("is_signed", [False, True])
def test_what_lies_above_the_stored_bits_is_no_grey(tmp_path: Path, is_signed: bool) -> None:
    """An overlay in the unused bits, as files of old have it, and a sign that fills the stored bits alone."""
    greys = GREY.astype(np.int16) * 8 - (1024 if is_signed else 0)
    overlay = (np.indices(GREY.shape).sum(axis=0) % 2).astype(np.uint16) << 12
    dataset = dcmread(write_dicom(tmp_path / "a.dcm", (greys.astype(np.uint16) & 0x0FFF) | overlay))
    dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 12, 11, int(is_signed)
    dataset.save_as(tmp_path / "a.dcm")
    assert_array_equal(read_image(tmp_path / "a.dcm")[0], greys)


@pytest.mark.parametrize("is_signed", [False, True])
def test_stored_bits_that_do_not_begin_with_the_lowest(tmp_path: Path, is_signed: bool) -> None:
    """12 bits in the upper end of 16, as the standard allowed before 2014; below and above them there is no grey."""
    greys = GREY.astype(np.int16) * 8 - (1024 if is_signed else 0)
    for high, others in ((15, 0x000F), (13, 0xC003)):
        stored = greys.astype(np.uint16) << (high - 11) & ~np.uint16(others)
        noise = np.arange(GREY.size, dtype=np.uint16).reshape(GREY.shape) * 40503 & others
        path = write_dicom(tmp_path / "a.dcm", stored | noise)
        _changed(path, BitsStored=12, HighBit=high, PixelRepresentation=int(is_signed))
        assert_array_equal(read_image(path)[0], greys)


@pytest.mark.parametrize("high", [10, 16])
def test_a_highest_bit_that_leaves_no_place_for_the_stored_ones_is_refused(tmp_path: Path, high: int) -> None:
    path = _changed(write_dicom(tmp_path / "a.dcm", GREY.astype(np.uint16)), BitsStored=12, HighBit=high)
    with pytest.raises(ValueError, match=f"12 bits of 16, the highest of them {high}"):
        read_image(path)


def _changed(path: Path, **elements: object) -> Path:
    dataset = dcmread(path)
    for keyword, value in elements.items():
        setattr(dataset, keyword, value)
    dataset.save_as(path)
    return path


def test_uncompressed_colours_with_coarser_chroma(tmp_path: Path) -> None:
    full = convert_color_space(SMOOTH, "RGB", "YBR_FULL")
    coarse = np.stack([full[:, ::2, 0], full[:, 1::2, 0], full[:, ::2, 1], full[:, ::2, 2]], axis=-1)
    path = write_dicom(tmp_path / "a.dcm", SMOOTH, photometric="YBR_FULL_422")
    assert_allclose(read_image(_changed(path, PixelData=coarse.tobytes()))[0], LUMA, atol=2)
    with pytest.raises(ValueError, match=r"YBR_FULL_422.*a chroma for each pixel"):
        read_image(_changed(path, PixelData=full.tobytes()))


def test_luma_and_chroma_of_sixteen_bits_are_refused(tmp_path: Path) -> None:
    path = write_dicom(tmp_path / "a.dcm", SMOOTH.astype(np.uint16) * 257, photometric="YBR_FULL")
    with pytest.raises(ValueError, match="3 samples of 16 bits, YBR_FULL"):
        read_image(path)


@pytest.mark.parametrize("slope", ["", "0", "1"])
def test_a_rescaling_that_says_nothing_changes_nothing(tmp_path: Path, slope: str) -> None:
    path = _changed(write_dicom(tmp_path / "a.dcm", GREY), RescaleSlope=slope, RescaleIntercept="")
    assert_array_equal(read_image(path)[0], GREY)


def test_a_rescaling_is_applied(tmp_path: Path) -> None:
    path = _changed(write_dicom(tmp_path / "a.dcm", GREY), RescaleSlope="0.5", RescaleIntercept="-8")
    assert_array_equal(read_image(path)[0], GREY / 2 - 8)


def test_colours_take_nothing_from_how_large_an_image_may_be(tmp_path: Path) -> None:
    pixels = np.zeros((2160, 3840, 3), dtype=np.uint8)
    pixels[100:200, 300:600] = 255
    grey, geometry = read_image(write_dicom(tmp_path / "a.dcm", pixels, photometric="RGB"))
    assert geometry.shape == (2160, 3840)
    assert_array_equal(grey, pixels[..., 0])


def test_pixels_of_no_length_are_no_image(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="without an image"):
        read_image(_changed(write_dicom(tmp_path / "a.dcm", GREY), PixelData=b""))


@pytest.mark.parametrize("ratio", [["4", "3"], ["1", "2"]])
def test_pixels_that_are_not_square_and_of_unknown_size_are_refused(tmp_path: Path, ratio: list[str]) -> None:
    """Axes and ratios of an ellipse in such pixels would be those of another ellipse."""
    path = _changed(write_dicom(tmp_path / "a.dcm", GREY), PixelAspectRatio=ratio)
    with pytest.raises(ValueError, match=r"not square.*PixelAspectRatio.*save it"):
        read_image(path)


@pytest.mark.parametrize("ratio", [["1", "1"], ["3", "3"], None, ["4"], ["0", "0"]])
def test_a_ratio_of_square_pixels_or_none_tells_nothing(tmp_path: Path, ratio: list[str] | None) -> None:
    path = _changed(write_dicom(tmp_path / "a.dcm", GREY), PixelAspectRatio=ratio)
    assert read_image(path)[1].spacing is None


def test_a_pixel_size_tells_more_than_a_ratio(tmp_path: Path) -> None:
    path = _changed(write_dicom(tmp_path / "a.dcm", GREY, spacing=(0.4, 0.3)), PixelAspectRatio=["4", "3"])
    assert read_image(path)[1].spacing == pytest.approx((0.4, 0.3))


def test_jpeg_2000_whose_white_is_0_is_turned_about_and_rescaled(tmp_path: Path) -> None:
    stream = BytesIO()
    Image.fromarray(GREY).save(stream, "JPEG2000", no_jp2=True, irreversible=False)
    dataset = dcmread(write_dicom(tmp_path / "a.dcm", GREY, photometric="MONOCHROME1"))
    dataset.file_meta.TransferSyntaxUID, dataset.PixelData = JPEG2000Lossless, encapsulate([stream.getvalue()])
    dataset["PixelData"].is_undefined_length = True
    dataset.RescaleSlope, dataset.RescaleIntercept = "2", "1"
    dataset.save_as(tmp_path / "a.dcm")
    assert_array_equal(read_image(tmp_path / "a.dcm")[0], 2 * (255 - GREY.astype(int)) + 1)


def test_a_region_that_ends_below_the_image_measures_nothing(tmp_path: Path) -> None:
    dataset, region = dcmread(write_dicom(tmp_path / "a.dcm", GREY)), _region((0, 89), (0.2, 0.2))
    region.RegionLocationMaxY1 = 119
    dataset.SequenceOfUltrasoundRegions = [region]
    dataset.save_as(tmp_path / "a.dcm")
    assert read_image(tmp_path / "a.dcm")[1].spacing is None


@pytest.mark.parametrize("scale", [(0.2, 0), (0, 0.2)])
def test_a_region_with_one_side_tells_nothing(tmp_path: Path, scale) -> None:
    dataset = dcmread(write_dicom(tmp_path / "a.dcm", GREY))
    dataset.SequenceOfUltrasoundRegions, dataset.PixelSpacing = [_region((0, 89), scale)], [0.7, 0.7]
    dataset.save_as(tmp_path / "a.dcm")
    assert read_image(tmp_path / "a.dcm")[1].spacing == (0.7, 0.7)
