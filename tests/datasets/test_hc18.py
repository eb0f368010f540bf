from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy import ndimage

from datasets.trees import SHAPE, hc18, head, outline, picture, save
from fetal_head.datasets.candidate import Found
from fetal_head.datasets.hc18 import find, read_annotation
from fetal_head.datasets.pixel_size import PER_AXIS

HEAD = (head() > 0).astype(np.uint8)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return hc18(tmp_path / "HC18", {"000_HC": HEAD, "010_2HC": HEAD, "010_HC": HEAD})


def found(folder: Path) -> Found:
    result = find(folder)
    assert result is not None
    return result


@pytest.mark.parametrize("where", ["root", "training set, csv beside", "training set, csv inside"])
def test_the_training_set_wherever_it_is_pointed_at(root: Path, where: str) -> None:
    if where == "training set, csv inside":
        shutil.move(root / "training_set_pixel_size_and_HC.csv", root / "training_set")
    cases = [c.load("x") for c in found(root if where == "root" else root / "training_set").candidates]
    assert [case.id for case in cases] == ["000_HC", "010_HC", "010_2HC"]
    assert [case.patient for case in cases] == ["HC18-000", "HC18-010", "HC18-010"]
    assert [case.spacing for case in cases] == [(0.1, 0.1), (0.3, 0.3), (0.2, 0.2)]
    assert {case.pixel_size for case in cases} == {PER_AXIS}
    assert {case.plane for case in cases} == {"hc"}
    for case in cases:
        assert case.annotated == ("BRAIN",)
        np.testing.assert_array_equal(case.mask, HEAD)


@pytest.mark.parametrize("width", [1, 2, 3, 99])
def test_thin_outlines_and_filled_heads(tmp_path: Path, width: int) -> None:
    path = save(tmp_path / "a_Annotation.png", outline(HEAD, width))
    np.testing.assert_array_equal(read_annotation(path, SHAPE), HEAD)


def test_the_test_set_is_of_other_people_than_the_training_set(root: Path) -> None:
    save(root / "test_set/000_HC.png", picture(9))
    (root / "test_set_pixel_size.csv").write_text("filename,pixel size(mm)\n000_HC.png,0.7\n")
    for folder in (root, root / "test_set"):
        case = found(folder).candidates[-1].load("x")
        assert (case.id, case.patient, case.spacing, case.mask) == ("test_000_HC", "HC18-test-000", (0.7, 0.7), None)
    assert found(root).candidates[0].id == "000_HC"


def test_a_set_from_inside_its_folder(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for annotation in (root / "training_set").glob("*_Annotation.png"):
        annotation.unlink()
    (root / "test_set_pixel_size.csv").write_text("filename,pixel size(mm)\n000_HC.png,0.7\n")
    monkeypatch.chdir(root / "training_set")
    case = found(Path(".")).candidates[0].load("x")
    assert (case.id, case.patient, case.spacing) == ("000_HC", "HC18-000", (0.1, 0.1))


def test_pictures_of_which_nobody_can_tell_the_set_get_neither_sets_pixel_sizes(root: Path) -> None:
    for annotation in (root / "training_set").glob("*_Annotation.png"):
        annotation.unlink()
    (root / "test_set_pixel_size.csv").write_text("filename,pixel size(mm)\n000_HC.png,0.7\n")
    (root / "training_set").rename(root / "to_label")
    with pytest.raises(ValueError, match=r"^to_label: .* call the folder training_set or test_set"):
        find(root / "to_label")


def test_a_missing_row_and_a_missing_annotation(root: Path) -> None:
    (root / "training_set_pixel_size_and_HC.csv").write_text("filename,pixel size(mm)\n010_HC.png,0.5\n")
    (root / "training_set/010_HC_Annotation.png").unlink()
    first, second, _ = (c.load("x") for c in found(root).candidates)
    assert (first.spacing, second.spacing, second.mask, second.annotated) == (None, (0.5, 0.5), None, ())


def test_drawings_are_known_by_their_names_in_lower_case_too(root: Path) -> None:
    for path in (root / "training_set").glob("*_Annotation.png"):
        path.rename(path.with_name(path.name.replace("_Annotation", "_annotation")))
    result = found(root)
    assert [(c.id, int(np.count_nonzero(c.load("x").mask))) for c in result.candidates] == [
        (stem, int(HEAD.sum())) for stem in ("000_HC", "010_HC", "010_2HC")
    ]
    assert result.useless == []


def test_a_second_drawing_of_an_image_is_named(root: Path) -> None:
    second = save(root / "training_set/000_HC_annotation.png", outline(HEAD)[::-1])
    result = found(root)
    assert result.useless == [(second, "its image has another drawing, 000_HC_Annotation.png")]
    np.testing.assert_array_equal(result.candidates[0].load("x").mask, HEAD)


def test_two_pictures_of_one_name_are_both_left_out(root: Path) -> None:
    """The drawing and the pixel size could be of either, and one was lost without a word; so was one of two drawings."""
    folder = root / "training_set"
    capitals = save(folder / "000.png", picture(9)).rename(folder / "000_HC.PNG")
    first = folder / "010_HC_Annotation.PNG"
    shutil.copy(folder / "010_HC_Annotation.png", first)
    result = found(root)
    assert [candidate.id for candidate in result.candidates] == ["010_HC", "010_2HC"]
    assert [path for path, reason in result.useless if "has the same name" in reason] == [capitals, folder / "000_HC.png"]
    assert (folder / "010_HC_Annotation.png", f"its image has another drawing, {first.name}") in result.useless
    assert len(result.useless) == 3


def test_an_annotation_without_an_image(root: Path) -> None:
    (root / "training_set/000_HC.png").unlink()
    assert found(root).useless == [(root / "training_set/000_HC_Annotation.png", "has no image")]


def test_annotations_of_no_use(tmp_path: Path) -> None:
    path = save(tmp_path / "a_Annotation.png", outline(HEAD).T)
    with pytest.raises(ValueError, match=r"a_Annotation.png: the mask is transposed"):
        read_annotation(path, SHAPE)
    save(path, np.zeros(SHAPE, dtype=np.uint8))
    with pytest.raises(ValueError, match=r"a_Annotation.png: nothing is drawn"):
        read_annotation(path, SHAPE)


def test_other_folders(tmp_path: Path) -> None:
    save(tmp_path / "images/000_HC.png", picture(0))
    assert find(tmp_path) is None
    assert find(tmp_path / "images") is None


def test_the_greys_beside_a_line_are_no_part_of_it(tmp_path: Path) -> None:
    drawing = np.where(outline(HEAD, 3) > 0, 255, 0).astype(np.uint8)
    rim = ndimage.binary_dilation(drawing > 0) & (drawing == 0)
    smoothed = np.where(rim, 100, drawing).astype(np.uint8)
    plain, grey = (save(tmp_path / f"{name}_Annotation.png", each) for name, each in (("a", drawing), ("b", smoothed)))
    assert_array_equal(read_annotation(grey, SHAPE), read_annotation(plain, SHAPE))


def test_the_table_inside_the_set_counts_more_than_one_beside_it(tmp_path: Path) -> None:
    root = hc18(tmp_path / "HC18", {"000_HC": (head() > 0).astype(np.uint8)})
    name = "training_set_pixel_size_and_HC.csv"
    (root / "training_set" / name).write_text("filename,pixel size(mm)\n000_HC.png,0.55\n")
    found = find(root / "training_set")
    assert found is not None
    assert found.candidates[0].load("x").spacing == (0.55, 0.55)
