from __future__ import annotations

from pathlib import Path
from unicodedata import normalize

import numpy as np
import pytest
import SimpleITK as sitk

from datasets.trees import SHAPE, head, picture, save
from fetal_head.datasets.candidate import Found
from fetal_head.datasets.pairs import find
from fetal_head.datasets.pixel_size import ONE_VALUE, PER_AXIS
from fetal_head.imaging import Geometry, write_mask
from fetal_head.labels import NAMES
from pictures import write_dicom


def found(folder: Path) -> Found:
    result = find(folder)
    assert result is not None
    return result


def _save_pairs(folder: Path, *stems: str) -> None:
    """An image of its own and a mask under each name."""
    for seed, stem in enumerate(stems):
        save(folder / f"images/{stem}.png", picture(seed))
        save(folder / f"masks/{stem}.png", head())


@pytest.mark.parametrize("extension", [".png", ".nii.gz", ".nii", ".nrrd"])
def test_masks_of_any_format(tmp_path: Path, extension: str) -> None:
    save(tmp_path / "images/Patient1_x.png", picture(0))
    (tmp_path / "masks").mkdir()
    write_mask(tmp_path / f"masks/Patient1_x{extension}", head(brain=False), Geometry(SHAPE))
    case = found(tmp_path).candidates[0].load("x")
    assert (case.id, case.patient, case.plane, case.annotated) == ("Patient1_x", "Patient1", "unknown", ("CSP", "LV"))
    np.testing.assert_array_equal(case.mask, head(brain=False))


@pytest.mark.parametrize("extension", [".nii.gz", ".nrrd"])
def test_a_mask_whose_axes_run_otherwise_than_its_images_is_not_taken_pixel_by_pixel(tmp_path: Path, extension: str) -> None:
    """Every viewer lays the two over one another, as told by their axes; by their pixels they are mirrored."""
    for folder in ("images", "masks"):
        (tmp_path / folder).mkdir()
    for stem, axes in (("a", "LPS"), ("b", "RAS")):
        for folder, pixels in (("images", picture(ord(stem))), ("masks", head())):
            volume = sitk.GetImageFromArray(pixels[np.newaxis])
            turned = sitk.DICOMOrient(volume, axes if folder == "masks" else "LPS")
            sitk.WriteImage(turned, str(tmp_path / folder / f"{stem}{extension}"))
    same, turned = found(tmp_path).candidates
    np.testing.assert_array_equal(same.load("x").mask, head())
    with pytest.raises(ValueError, match="axes run otherwise in space than those of its image"):
        turned.load("x")


@pytest.mark.parametrize("axes", ["LPS", "LAS"])
def test_nor_is_one_that_a_converter_of_dicom_put_upside_down(tmp_path: Path, axes: str) -> None:
    for folder in ("images", "masks"):
        (tmp_path / folder).mkdir()
    write_dicom(tmp_path / "images/a.dcm", picture(0))
    volume = sitk.GetImageFromArray(head()[np.newaxis])
    sitk.WriteImage(sitk.DICOMOrient(volume, axes), str(tmp_path / "masks/a.nii.gz"))
    (candidate,) = found(tmp_path).candidates
    if axes == "LPS":
        np.testing.assert_array_equal(candidate.load("x").mask, head())
    else:
        with pytest.raises(ValueError, match="axes run otherwise in space than those of its image"):
            candidate.load("x")


def test_pixel_sizes(tmp_path: Path) -> None:
    for stem in "ab":
        save(tmp_path / f"images/{stem}.png", picture(0))
        save(tmp_path / f"masks/{stem}.png", head())
    table = tmp_path / "pixel_size.csv"
    table.write_text("filename,row_mm,column_mm\na.png,0.1,0.2\n")
    first, second = (c.load("x") for c in found(tmp_path).candidates)
    assert (first.spacing, first.pixel_size, second.spacing) == ((0.1, 0.2), PER_AXIS, None)
    table.write_text("filename,mm per pixel\na.png,0.1\n")
    first = found(tmp_path).candidates[0].load("x")
    assert (first.spacing, first.pixel_size) == ((0.1, 0.1), ONE_VALUE)


def test_a_table_of_none_of_the_images_is_named(tmp_path: Path) -> None:
    _save_pairs(tmp_path, "a")
    (tmp_path / "pixel_size.csv").write_text("filename,row_mm,column_mm\na_01.png,0.1,0.2\n")
    ((path, reason),) = found(tmp_path).useless
    assert (path.name, "no pixel size of any image" in reason) == ("pixel_size.csv", True)


def test_names_whose_accents_a_mac_took_apart_are_the_same(tmp_path: Path) -> None:
    stem = "Müller"
    save(tmp_path / f"images/{normalize('NFD', stem)}.png", picture(0))
    save(tmp_path / f"masks/{normalize('NFC', stem)}.png", head())
    (tmp_path / "pixel_size.csv").write_text(f"filename,mm per pixel\n{normalize('NFC', stem)}.png,0.1\n", encoding="utf-8")
    (candidate,) = found(tmp_path).candidates
    case = candidate.load("x")
    np.testing.assert_array_equal(case.mask, head())
    assert case.spacing == (0.1, 0.1)


def test_an_index_of_an_export_tells_what_masks_speak_of(tmp_path: Path) -> None:
    for stem in ("a", "b", "c"):
        save(tmp_path / f"images/{stem}.png", picture(0))
        save(tmp_path / f"masks/{stem}.png", head())
    rows = ["image,annotated,row_mm,column_mm,submission,approved", "a,BRAIN LV,0.1,0.2,1,True", "b,,,,1,False"]
    (tmp_path / "index.csv").write_text("\n".join(rows))
    (tmp_path / "pixel_size.csv").write_text("filename,mm per pixel\na.png,0.3\n")
    first, second, third = (c.load("x") for c in found(tmp_path).candidates)
    assert (first.annotated, second.annotated, third.annotated) == (("BRAIN", "LV"), (), NAMES)
    np.testing.assert_array_equal(first.mask, np.where(head() == 2, 1, head()))
    assert (first.spacing, second.spacing) == ((0.3, 0.3), None)


def test_an_index_whose_decimal_commas_cut_its_rows_is_refused(tmp_path: Path) -> None:
    _save_pairs(tmp_path, "a")
    (tmp_path / "index.csv").write_text("image,annotated,row_mm,column_mm\na,BRAIN,1,1,1,2\n")
    with pytest.raises(ValueError, match=r"index.csv: the row of a has more cells than there are headers"):
        find(tmp_path)


def test_so_does_one_that_a_spreadsheet_saved_in_its_own_way(tmp_path: Path) -> None:
    """Else what nobody looked for would be absent."""
    _save_pairs(tmp_path, "a")
    (tmp_path / "index.csv").write_text("image;annotated;row_mm;column_mm\na;BRAIN LV;0,1;0,2\n", encoding="utf-8-sig")
    case = found(tmp_path).candidates[0].load("x")
    assert (case.annotated, case.spacing) == (("BRAIN", "LV"), (0.1, 0.2))


def test_one_that_people_write_may_call_images_by_their_files(tmp_path: Path) -> None:
    _save_pairs(tmp_path, "a", "b.dcm", "b")
    rows = ["image,annotated,row_mm,column_mm,patient", "a.png,BRAIN LV,0.1,0.2,P1", "b,CSP,,,P2", "b.dcm,LV,,,P3"]
    (tmp_path / "index.csv").write_text("\n".join(rows))
    cases = {case.id: case for case in (c.load("x") for c in found(tmp_path).candidates)}
    told = {stem: (case.annotated, case.spacing, case.patient) for stem, case in cases.items()}
    assert told == {
        "a": (("BRAIN", "LV"), (0.1, 0.2), "P1"),
        "b": (("CSP",), None, "P2"),
        "b.dcm": (("LV",), None, "P3"),
    }


def test_a_patient_with_blanks_around_him_in_an_index_is_nobody_else(tmp_path: Path) -> None:
    _save_pairs(tmp_path, "a", "b", "c")
    rows = ["image,annotated,row_mm,column_mm,patient", "a,BRAIN,,,smith", "b,BRAIN,,, smith ", "c,BRAIN,,, "]
    (tmp_path / "index.csv").write_text("\n".join(rows))
    assert [candidate.patient for candidate in found(tmp_path).candidates] == ["smith", "smith", "c"]


@pytest.mark.parametrize("text", ["image,annotated\na,BRAIN\n", "image,annotated,row_mm,column_mm\nz,BRAIN,,\n"])
def test_another_index_tells_nothing_and_is_named(tmp_path: Path, text: str) -> None:
    """Who wrote it must not believe that masks of one structure are learned as such."""
    _save_pairs(tmp_path, "a")
    (tmp_path / "index.csv").write_text(text)
    assert found(tmp_path).candidates[0].load("x").annotated == NAMES
    ((path, reason),) = found(tmp_path).useless
    assert (path.name, reason.partition(";")[0]) == ("index.csv", "tells of none of the images")


@pytest.mark.parametrize("row", ["a,SKULL,0.1,0.1", "a,BRAIN,x,0.1", "a,BRAIN,0.1,", "a,BRAIN,0.1,-1", "a,BRAIN,0.1"])
def test_a_damaged_index_is_refused(tmp_path: Path, row: str) -> None:
    _save_pairs(tmp_path, "a")
    (tmp_path / "index.csv").write_text(f"image,annotated,row_mm,column_mm\n{row}\n")
    with pytest.raises(ValueError, match=r"index.csv: the row of a cannot be read"):
        find(tmp_path)


def test_an_index_that_tells_two_things_of_an_image_is_refused(tmp_path: Path) -> None:
    """As one put together of two exports: the last row would make of a structure that nobody looked for one that is absent."""
    save(tmp_path / "images/a.png", picture(0))
    save(tmp_path / "masks/a.png", head(brain=False))
    index = tmp_path / "index.csv"
    index.write_text("image,annotated,row_mm,column_mm,patient\na,CSP LV,0.1,0.1,P1\na,CSP LV,0.1,0.10,P1\n")
    assert found(tmp_path).candidates[0].patient == "P1"
    index.write_text("image,annotated,row_mm,column_mm,patient\na,CSP LV,0.1,0.1,P1\na,BRAIN CSP LV,0.2,0.2,P2\n")
    with pytest.raises(ValueError, match=r"index.csv: two rows are of a, and differ; keep the one that is right"):
        find(tmp_path)


def test_what_has_no_partner(tmp_path: Path) -> None:
    save(tmp_path / "images/a.png", picture(0))
    save(tmp_path / "images/b.png", picture(1))
    for mask in ("a.png", "c.png"):
        save(tmp_path / "masks" / mask, head())
    write_mask(tmp_path / "masks/a.nrrd", head(), Geometry(SHAPE))
    result = found(tmp_path)
    assert [(c.id, c.mask_of is None) for c in result.candidates] == [("a", False), ("b", True)]
    assert [(path.name, reason) for path, reason in result.useless] == [
        ("c.png", "has no image"),
        ("a.png", "its image has another mask, a.nrrd"),
    ]


def test_two_pictures_of_one_name_are_both_left_out(tmp_path: Path) -> None:
    for name, seed in (("a.bmp", 0), ("a.png", 1), ("b.png", 2)):
        save(tmp_path / "images" / name, picture(seed))
    for stem in "ab":
        save(tmp_path / f"masks/{stem}.png", head())
    result = found(tmp_path)
    assert [c.id for c in result.candidates] == ["b"]
    assert [(path.name, reason) for path, reason in result.useless] == [
        ("a.bmp", "a.png has the same name, and a mask or a pixel size could be of either; keep one of them, or rename it"),
        ("a.png", "a.bmp has the same name, and a mask or a pixel size could be of either; keep one of them, or rename it"),
    ]


def test_a_link_to_instances_is_refused(tmp_path: Path) -> None:
    save(tmp_path / "images/a.png", picture(0))
    save(tmp_path / "voc/SegmentationObject/a.png", head())
    (tmp_path / "masks").symlink_to(tmp_path / "voc/SegmentationObject")
    with pytest.raises(ValueError, match="give SegmentationClass"):
        find(tmp_path)


def test_other_folders(tmp_path: Path) -> None:
    assert find(tmp_path) is None
    save(tmp_path / "images/a.png", picture(0))
    assert find(tmp_path) is None
