"""Segmentations of 3D Slicer: told by name, and at their place in the image, or refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from numpy.testing import assert_array_equal

from fetal_head.imaging import read_mask
from pictures import three_structures

MASK = three_structures(60, 90)
HEAD = (MASK > 0).astype(np.uint8)
ROWS, COLUMNS = np.nonzero(MASK)
TOP, LEFT = int(ROWS.min()), int(COLUMNS.min())
CUT = MASK[TOP : ROWS.max() + 1, LEFT : COLUMNS.max() + 1]
OURS = [("BRAIN", 1, 0), ("CSP", 2, 0), ("LV", 3, 0)]
Segment = tuple[str | None, object, object]


def _seg_nrrd(
    path: Path,
    layers: list[np.ndarray],
    segments: list[Segment],
    offset: str | None = "0 0 0",
    first: int = 0,
    geometry: str | None = None,
) -> Path:
    """Segments are (name, value, layer); what is None is not in the file."""
    stack = np.stack(layers, axis=-1) if len(layers) > 1 else layers[0]
    image = sitk.GetImageFromArray(stack[np.newaxis], isVector=len(layers) > 1)
    for number, segment in enumerate(segments, start=first):
        image.SetMetaData(f"Segment{number}_ID", f"Segment_{number}")
        for field, told in zip(("Name", "LabelValue", "Layer"), segment, strict=True):
            if told is not None:
                image.SetMetaData(f"Segment{number}_{field}", str(told))
    if offset is not None:
        image.SetMetaData("Segmentation_ReferenceImageExtentOffset", offset)
    if geometry is not None:
        said = f"Smoothing factor|0.5|Of surfaces.&Reference image geometry|{geometry}|Of the labelmap.&Oversampling factor|1|"
        image.SetMetaData("Segmentation_ConversionParameters", said)
    sitk.WriteImage(image, str(path))
    return path


def test_its_own_names_count(tmp_path: Path) -> None:
    theirs = np.select([MASK == 1, MASK == 2, MASK == 3], [7, 1, 2]).astype(np.uint8)
    path = _seg_nrrd(tmp_path / "m.seg.nrrd", [theirs], [("LV", 2, 0), ("BRAIN", 7, 0), ("CSP", 1, 0)])
    assert_array_equal(read_mask(path, MASK.shape), MASK)


def test_overlapping_layers(tmp_path: Path) -> None:
    layers = [HEAD, np.select([MASK == 2, MASK == 3], [1, 2]).astype(np.uint8)]
    path = _seg_nrrd(tmp_path / "m.seg.nrrd", layers, [("BRAIN", 1, 0), ("CSP", 1, 1), ("LV", 2, 1)])
    assert_array_equal(read_mask(path, MASK.shape), MASK)


@pytest.mark.parametrize("first", [0, 1])
@pytest.mark.parametrize("name", ["m.seg.nrrd", "m.nrrd"])
def test_segments_are_numbered_from_anywhere_and_layers_need_not_be_told(tmp_path: Path, name: str, first: int) -> None:
    path = _seg_nrrd(tmp_path / name, [HEAD], [("LV", 1, None)], first=first)
    assert_array_equal(read_mask(path, MASK.shape), 3 * HEAD)


def test_a_layer_for_each_segment_needs_no_values(tmp_path: Path) -> None:
    """As Slicer wrote them before segments could share a layer."""
    path = _seg_nrrd(tmp_path / "m.seg.nrrd", [HEAD], [("LV", None, None)])
    assert_array_equal(read_mask(path, MASK.shape), 3 * HEAD)
    layers = [(MASK == 3).astype(np.uint8), HEAD, (MASK == 2).astype(np.uint8)]
    path = _seg_nrrd(tmp_path / "m.seg.nrrd", layers, [(name, None, None) for name in ("LV", "BRAIN", "CSP")])
    assert_array_equal(read_mask(path, MASK.shape), MASK)


@pytest.mark.parametrize(
    ("layers", "segments", "sentence"),
    [
        ([MASK], [("BRAIN", None, None), ("CSP", None, None), ("LV", None, None)], "Segment0_LabelValue is missing"),
        ([MASK], [("BRAIN", 1, 0), ("CSP", None, 0), ("LV", 3, 0)], "Segment1_LabelValue is missing"),
        ([2 * HEAD], [("LV", None, None)], "value 2, for which no segment is named"),
        ([HEAD], [("BRAIN", "one", 0)], "Segment0_LabelValue is 'one'"),
        ([HEAD], [("BRAIN", 1, "x")], "Segment0_Layer is 'x'"),
        ([HEAD], [("BRAIN", 1, 1)], "Segment0 is on layer 1"),
        ([HEAD], [(None, 1, 0)], "Segment0_Name is missing"),
        ([HEAD], [("BRAIN", 1, 0), ("LV", 1, 0)], "'BRAIN' and 'LV' have the same value"),
        ([MASK], [("BRAIN", 1, 0), ("head", 2, 0), ("LV", 3, 0)], "two segments are called BRAIN"),
        ([HEAD, MASK == 2], [("BRAIN", 1, 0), ("head", 1, 1)], "two segments are called BRAIN"),
        ([MASK == 2, MASK >= 2], [("CSP", 1, 0), ("LV", 1, 1)], f"CSP and LV overlap in {(MASK == 2).sum()} pixels"),
    ],
)
def test_segments_that_are_not_told_apart(
    tmp_path: Path, layers: list[np.ndarray], segments: list[Segment], sentence: str
) -> None:
    path = _seg_nrrd(tmp_path / "m.seg.nrrd", [layer.astype(np.uint8) for layer in layers], segments)
    with pytest.raises(ValueError, match=sentence):
        read_mask(path, MASK.shape)


def test_cut_to_its_segments(tmp_path: Path) -> None:
    path = _seg_nrrd(tmp_path / "m.seg.nrrd", [CUT], OURS, offset=f"{LEFT} {TOP} 0")
    assert_array_equal(read_mask(path, MASK.shape), MASK)


@pytest.mark.parametrize("border", [0, 1, 40])
def test_only_labels_have_to_lie_in_the_image(tmp_path: Path, border: int) -> None:
    wide = np.pad(MASK, border)
    path = _seg_nrrd(tmp_path / "m.seg.nrrd", [wide], OURS, offset=f"{2 - border} {-1 - border} 0")
    assert_array_equal(read_mask(path, MASK.shape), np.roll(MASK, (-1, 2), axis=(0, 1)))
    empty = _seg_nrrd(tmp_path / "m.seg.nrrd", [0 * MASK], OURS, offset="70 0 0")
    assert_array_equal(read_mask(empty, MASK.shape), 0 * MASK)


@pytest.mark.parametrize(
    ("values", "offset", "sentence"),
    [
        (CUT, None, "save it at the image's size"),
        (MASK, f"{-LEFT - 1} 0 0", "reach beyond"),
        (MASK, f"0 {-TOP - 1} 0", "reach beyond"),
        (MASK, f"{90 - COLUMNS.max()} 0 0", "reach beyond"),
        (CUT, f"{LEFT} {60 - CUT.shape[0] + 1} 0", "reach beyond"),
        (CUT, "3 3 1", "'3 3 1'"),
        (CUT, "here", "'here'"),
        (MASK.T.copy(), "0 0 0", "transposed"),
    ],
)
def test_no_label_is_lost_or_put_anywhere(tmp_path: Path, values: np.ndarray, offset: str | None, sentence: str) -> None:
    path = _seg_nrrd(tmp_path / "m.seg.nrrd", [values], OURS, offset=offset)
    with pytest.raises(ValueError, match=sentence):
        read_mask(path, MASK.shape)


def _geometry(columns: int, rows: int, pixel: float) -> str:
    """As Slicer writes it: the matrix of its pixels, row by row, and the first and last of them along each axis."""
    matrix = f"{-pixel};0.0;0.0;5.0;0.0;{-pixel};0.0;-7.0;0.0;0.0;1.0;2.0;0.0;0.0;0.0;1.0"
    return f"{matrix};0;{columns - 1};0;{rows - 1};0;0;"


@pytest.mark.parametrize(
    ("columns", "rows", "pixel", "is_the_image"),
    [(90, 60, 1.0, True), (180, 120, 1.0, False), (90, 60, 2.0, False), (90, 61, 1.0, False)],
    ids=["its own", "oversampled", "oversampled when it was saved", "of another image"],
)
def test_segments_on_other_pixels_than_the_images_are_put_nowhere(
    tmp_path: Path, columns: int, rows: int, pixel: float, is_the_image: bool
) -> None:
    told = _geometry(columns, rows, pixel)
    path = _seg_nrrd(tmp_path / "m.seg.nrrd", [CUT], OURS, offset=f"{LEFT} {TOP} 0", geometry=told)
    if is_the_image:
        assert_array_equal(read_mask(path, MASK.shape), MASK)
    else:
        with pytest.raises(ValueError, match="drawn on other pixels than the image's 90 x 60"):
            read_mask(path, MASK.shape)


@pytest.mark.parametrize("told", ["", "somewhere", "1;2;3"])
def test_a_geometry_that_says_nothing_is_none(tmp_path: Path, told: str) -> None:
    path = _seg_nrrd(tmp_path / "m.seg.nrrd", [CUT], OURS, offset=f"{LEFT} {TOP} 0", geometry=told)
    assert_array_equal(read_mask(path, MASK.shape), MASK)


@pytest.mark.parametrize("told", [(0.2, 0.3), (0.3, 0.2), (0.2, 0.6)])
@pytest.mark.parametrize("turned", [False, True])
def test_pixels_that_are_not_square_are_the_images_or_not(tmp_path: Path, told: tuple[float, float], turned: bool) -> None:
    image = sitk.GetImageFromArray(MASK[np.newaxis])
    image.SetSpacing((0.2, 0.3, 1.0))
    for number, name in enumerate(("BRAIN", "CSP", "LV")):
        for field, value in (("ID", f"Segment_{number}"), ("Name", name), ("LabelValue", str(number + 1)), ("Layer", "0")):
            image.SetMetaData(f"Segment{number}_{field}", value)
    x, y = told
    rows = (f"0;{-y};0;5", f"{-x};0;0;-7") if turned else (f"{-x};0;0;5", f"0;{-y};0;-7")
    matrix = f"{rows[0]};{rows[1]};0;0;1;2;0;0;0;1;0;89;0;59;0;0;"
    image.SetMetaData("Segmentation_ConversionParameters", f"Reference image geometry|{matrix}|Of the labelmap.")
    sitk.WriteImage(image, str(tmp_path / "m.seg.nrrd"))
    if told == (0.2, 0.3):
        assert_array_equal(read_mask(tmp_path / "m.seg.nrrd", MASK.shape), MASK)
    else:
        with pytest.raises(ValueError, match="drawn on other pixels"):
            read_mask(tmp_path / "m.seg.nrrd", MASK.shape)
