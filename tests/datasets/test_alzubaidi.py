from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from datasets.trees import FULL, SHAPE, VOC, head, picture, plane, save, save_voc
from fetal_head.datasets.alzubaidi import DIVERSE, PLANES, find, pixel_size
from fetal_head.datasets.candidate import Found
from fetal_head.datasets.pixel_size import ONE_VALUE, PER_AXIS, UNKNOWN_SIZE, PixelSize

IMAGES = "Orginal_train_images_to_959_661"
STEM = "Patient00644_Plane3_1_of_3"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "Large-Scale"
    plane(root / "Trans-thalamic", [STEM, "odd name"], FULL)
    plane(root / "Trans-cerebellum", ["Patient00001_Plane3_1_of_1"], VOC)
    plane(root / "Trans-ventricular", [STEM], VOC)
    plane(root / "Diverse Fetal Head Images", ["000_HC", "010_2HC"], FULL, images=IMAGES)
    return root


def found(folder: Path) -> Found:
    result = find(folder)
    assert result is not None
    return result


def test_the_root_with_both_colour_schemes(root: Path) -> None:
    cases = {case.id: case for case in (c.load("x") for c in found(root).candidates)}
    assert {case_id: (case.patient, case.plane) for case_id, case in cases.items()} == {
        "diverse_000_HC": ("HC18-000", "diverse"),
        "diverse_010_2HC": ("HC18-010", "diverse"),
        "Patient00001_Plane3_1_of_1": ("Patient00001", "trans-cerebellum"),
        f"trans-thalamic_{STEM}": ("Patient00644", "trans-thalamic"),
        "odd name": ("odd name", "trans-thalamic"),
        f"trans-ventricular_{STEM}": ("Patient00644", "trans-ventricular"),
    }
    for case in cases.values():
        np.testing.assert_array_equal(case.mask, head())
        assert case.annotated == ("BRAIN", "CSP", "LV")
        assert (case.spacing, case.pixel_size) == ((0.2, 0.2), ONE_VALUE)


@pytest.mark.parametrize("name", ["Trans-thalamic", "Trans-cerebellum", "Trans-ventricular", "Diverse Fetal Head Images"])
def test_one_plane_folder_under_any_name(root: Path, name: str) -> None:
    folder = (root / name).rename(root / "renamed")
    assert {c.plane for c in found(folder).candidates} == {name.split()[0].lower()}


def test_a_head_that_the_field_of_view_cuts_is_not_annotated(root: Path) -> None:
    folder = root / "Trans-cerebellum"
    save_voc(next(folder.glob("*/SegmentationClass/*.png")), head(brain=False), VOC)
    assert found(folder).candidates[0].load("x").annotated == ("CSP", "LV")


def test_pixels_of_a_stretched_image_are_not_square() -> None:
    published = PixelSize((0.2, 0.2), ONE_VALUE)
    stretched = pixel_size(DIVERSE, published, (661, 959))
    assert stretched.spacing == pytest.approx((0.2 * 540 / 661, 0.2 * 800 / 959))
    assert stretched.note == PER_AXIS
    assert pixel_size(DIVERSE, published, (540, 800)) == PixelSize((0.2, 0.2), PER_AXIS)
    assert pixel_size(DIVERSE, published, (100, 100)) == published
    assert pixel_size(PLANES[0], published, (661, 959)) == published


def test_without_a_row_the_pixel_size_is_unknown(root: Path) -> None:
    (root / "Trans-cerebellum/Trans-cerebellum-Pixel-Size.csv").unlink()
    case = found(root / "Trans-cerebellum").candidates[0].load("x")
    assert case.spacing is None
    assert pixel_size(DIVERSE, PixelSize(), (661, 959)) == PixelSize(None, UNKNOWN_SIZE)


def test_tables_that_contradict_are_refused(root: Path) -> None:
    folder = root / "Trans-cerebellum"
    stem = "Patient00001_Plane3_1_of_1"
    copy = folder / "Trans-cerebellum-Pixel-Size (1).csv"
    copy.write_text(f"Label,Pixel in mm\n{stem}.png,0.2\n")
    assert found(folder).candidates[0].load("x").spacing == (0.2, 0.2)
    copy.write_text(f"Label,Pixel in mm\n{stem}.png,0.1\n")
    with pytest.raises(ValueError, match=rf"Trans-cerebellum: {stem} has two pixel sizes in .*keep the table that is right"):
        find(folder)


def test_what_a_mac_puts_beside_a_table_is_none(root: Path) -> None:
    folder = root / "Trans-cerebellum"
    (folder / "._Trans-cerebellum-Pixel-Size.csv").write_bytes(b"\x00\x05\x16\x07\x00\x02\x00\x00Mac OS X\xff\xb0")
    assert found(folder).candidates[0].load("x").spacing == (0.2, 0.2)


def test_unannotated_images_and_masks_without_an_image(root: Path) -> None:
    folder = root / "Trans-thalamic"
    masks = folder / "Trans-thalamic-PASCAL/SegmentationClass"
    (masks / "odd name.png").rename(masks / "other.png")
    result = found(folder)
    assert [c.mask_of is None for c in result.candidates] == [False, True]
    assert result.useless == [(masks, "other has no image")]


def test_packed_annotations_are_not_taken_for_none(tmp_path: Path) -> None:
    save(tmp_path / "Trans-thalamic/Trans-thalamic/a.png", picture(0))
    assert len(found(tmp_path).candidates) == 1
    (tmp_path / "Trans-thalamic/Trans-thalamic-PASCAL.zip").touch()
    with pytest.raises(
        ValueError, match=r"Trans-thalamic: the annotations are still packed; unpack one of Trans-thalamic-PASCAL.zip"
    ):
        find(tmp_path)


def test_other_folders(tmp_path: Path) -> None:
    save(tmp_path / "images/a.png", picture(0, SHAPE))
    (tmp_path / "Trans-thalamic").mkdir()
    assert find(tmp_path) is None
