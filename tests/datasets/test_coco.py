from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from datasets.trees import SHAPE
from fetal_head.datasets.coco import CocoFile, decode_counts, read_coco, region
from fetal_head.datasets.drawings import by_image
from fetal_head.datasets.pixel_size import PER_AXIS, PixelSize
from fetal_head.datasets.shapes import box

CATEGORIES = [{"id": 1, "name": "Brain"}, {"id": 2, "name": "CSP"}, {"id": 7, "name": "LV"}, {"id": 9, "name": "femur"}]
SQUARE = [10, 10, 30, 10, 30, 30, 10, 30]


def runs_of(mask: np.ndarray) -> list[int]:
    flat = np.concatenate([[0], mask.ravel(order="F").astype(int)])
    changes = np.flatnonzero(np.diff(flat))
    return np.diff(np.concatenate([[0], changes, [mask.size]])).tolist()


def encode_counts(runs: list[int]) -> str:
    """COCO's own way, maskApi.c rleToString."""
    text = ""
    for i, run in enumerate(runs):
        value = run - runs[i - 2] if i > 2 else run
        more = True
        while more:
            bits = value & 31
            value >>= 5
            more = value != -1 if bits & 16 else value != 0
            text += chr((bits | 32 if more else bits) + 48)
    return text


def write(folder: Path, drawn: list[dict[str, Any]], **changes: Any) -> Path:
    image = {"id": 5, "file_name": "sub/a.png", "height": SHAPE[0], "width": SHAPE[1]}
    content = {"images": [image], "annotations": drawn, "categories": CATEGORIES, **changes}
    path = folder / "instances_default.json"
    path.write_text(json.dumps(content))
    return path


def annotation(category: int, segmentation: Any) -> dict[str, Any]:
    return {"id": 1, "image_id": 5, "category_id": category, "segmentation": segmentation}


def read(path: Path) -> CocoFile:
    file = read_coco(path)
    assert file is not None
    return file


@given(arrays(bool, SHAPE), st.booleans())
def test_run_lengths_are_read_back(mask: np.ndarray, compressed: bool) -> None:
    runs = runs_of(mask)
    counts = encode_counts(runs) if compressed else runs
    np.testing.assert_array_equal(region({"size": list(SHAPE), "counts": counts}, SHAPE), mask)


@given(st.lists(st.integers(0, 10**6)))
def test_compressed_counts_are_read_back(runs: list[int]) -> None:
    assert decode_counts(encode_counts(runs)) == runs


def test_polygons_are_united_and_inner_structures_on_top(tmp_path: Path) -> None:
    far = [50, 10, 60, 10, 60, 20, 50, 20]
    inner = {"size": list(SHAPE), "counts": runs_of(box(SHAPE, (12, 12), (20, 20)))}
    path = write(tmp_path, [annotation(7, inner), annotation(1, [SQUARE, far]), annotation(9, [SQUARE])])
    expected = np.zeros(SHAPE, dtype=np.uint8)
    expected[10:30, 10:30] = expected[10:20, 50:60] = 1
    expected[12:20, 12:20] = 3
    np.testing.assert_array_equal(read(path).mask("a", SHAPE), expected)


def test_images_without_a_structure_are_not_annotated(tmp_path: Path) -> None:
    assert read(write(tmp_path, [annotation(9, [SQUARE])])).stems == []


@pytest.mark.parametrize(
    ("segmentation", "message"),
    [
        ([], "no outline"),
        (None, "no outline"),
        ([[1, 2, 3]], "json"),
        ([[1, 2, 3, 4]], "three points"),
        ([["x", 2, 3, 4, 5, 6]], "json"),
        ([7], "json"),
        ({"size": list(SHAPE)}, "cannot be read"),
        ({"size": [1], "counts": [5]}, "cannot be read"),
        ({"size": list(SHAPE), "counts": [2**62, 2**62, 2**62, 2**62, SHAPE[0] * SHAPE[1]]}, "run lengths do not fill"),
        ({"size": list(SHAPE), "counts": [5]}, "run lengths do not fill"),
        ({"size": list(SHAPE), "counts": [-1, SHAPE[0] * SHAPE[1] + 1]}, "run lengths do not fill"),
        ({"size": list(SHAPE[::-1]), "counts": [SHAPE[0] * SHAPE[1]]}, "transposed"),
        ({"size": list(SHAPE), "counts": "o"}, "end amid a number"),
        ({"size": list(SHAPE), "counts": "é"}, "cannot stand"),
    ],
)
def test_outlines_of_no_use(tmp_path: Path, segmentation: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read(write(tmp_path, [annotation(1, segmentation)])).mask("a", SHAPE)


def test_an_annotation_of_another_size(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"instances_default.json: the mask has 96 x 66 pixels, its image 10 x 10"):
        read(write(tmp_path, [annotation(1, [SQUARE])])).mask("a", (10, 10))


def test_what_coco_annotator_calls_annotated_says_nothing(tmp_path: Path) -> None:
    image = {"id": 5, "file_name": "a.png", "height": SHAPE[0], "width": SHAPE[1], "annotated": True}
    assert read(write(tmp_path, [], images=[image])).stems == []


@pytest.mark.parametrize("told", [{"annotated": ["SKULL"]}, {"pixel_size_mm": [0.1, 0]}, {"pixel_size_mm": [0.1]}])
def test_what_an_export_tells_is_checked(tmp_path: Path, told: dict[str, Any]) -> None:
    image = {"id": 5, "file_name": "a.png", "height": SHAPE[0], "width": SHAPE[1], **told}
    with pytest.raises(ValueError, match="is no whole COCO file"):
        read_coco(write(tmp_path, [annotation(1, [SQUARE])], images=[image]))


def test_files_that_are_not_whole(tmp_path: Path) -> None:
    for changes in ({"images": [{"id": 5}]}, {"images": 3}, {"categories": [{"id": 1}]}, {"annotations": [{}]}):
        with pytest.raises(ValueError, match="is no whole COCO file"):
            read_coco(write(tmp_path, [annotation(1, [SQUARE])], **changes))


@pytest.mark.parametrize("drawn", [(5, 6), (6,)])
def test_what_is_drawn_of_one_of_two_images_of_a_name_is_put_on_neither(tmp_path: Path, drawn: tuple[int, ...]) -> None:
    """Be the other one annotated or not: only one of them lies in a folder of images, and nobody knows which."""
    images = [{"id": i, "file_name": f"p{i}/a.png", "height": SHAPE[0], "width": SHAPE[1]} for i in (5, 6, 7)]
    images[2]["file_name"] = "p7/b.png"
    shapes = [{**annotation(1, [SQUARE]), "image_id": i} for i in drawn]
    with pytest.raises(ValueError, match="json: two images are called a, and what is drawn could be of either; keep one"):
        read_coco(write(tmp_path, shapes, images=images))
    assert read(write(tmp_path, [{**annotation(1, [SQUARE]), "image_id": 7}], images=images)).stems == ["b"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"images": [{"id": 5, "file_name": name, "height": 9, "width": 9} for name in "ab"]}, "two images have the id 5"),
        ({"categories": [*CATEGORIES, {"id": 2, "name": "LV"}]}, "two categories have the id 2"),
        ({"images": [{"id": "5", "file_name": "a", "height": 9, "width": 9}]}, "is of image 5, which is not in it"),
    ],
)
def test_a_file_in_which_an_annotation_could_be_of_another_image_is_refused(tmp_path: Path, changes: Any, message: str) -> None:
    """As they come about where two files are put together, or taken apart, by hand."""
    with pytest.raises(ValueError, match=f"instances_default.json: .*{message}"):
        read_coco(write(tmp_path, [annotation(1, [SQUARE])], **changes))


def test_other_json_is_no_coco(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text("[1]")
    assert read_coco(path) is None
    path.write_text("{")
    with pytest.raises(ValueError, match=r"a.json: "):
        read_coco(path)


def test_a_file_without_pixel_sizes_contradicts_none(tmp_path: Path) -> None:
    image = {"id": 5, "file_name": "a.png", "height": SHAPE[0], "width": SHAPE[1]}
    square = {"id": 1, "image_id": 5, "category_id": 1, "segmentation": [[10, 10, 30, 10, 30, 30, 10, 30]]}
    files = []
    for name, told in (("export", {"pixel_size_mm": [0.2, 0.3]}), ("tool", {})):
        content = {"images": [image | told], "annotations": [square], "categories": [{"id": 1, "name": "BRAIN"}]}
        (tmp_path / f"{name}.json").write_text(json.dumps(content))
        files.append(read_coco(tmp_path / f"{name}.json"))
    for order in (files, files[::-1]):
        assert by_image(order)["a"].size() == PixelSize((0.2, 0.3), PER_AXIS)
