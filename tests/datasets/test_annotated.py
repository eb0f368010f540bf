from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from datasets.trees import FULL, SHAPE, head, picture, save, save_voc, write_coco, write_labelmap
from fetal_head.datasets.annotated import find, find_annotations
from fetal_head.datasets.candidate import Found
from fetal_head.datasets.cvat import CvatFile
from fetal_head.datasets.voc import VocFolder


def write_cvat(path: Path, *stems: str) -> None:
    box = '<box label="Brain" xtl="10" ytl="10" xbr="30" ybr="30"/>'
    images = "".join(f'<image name="{stem}.png" width="{SHAPE[1]}" height="{SHAPE[0]}">{box}</image>' for stem in stems)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"<annotations>{images}</annotations>")


def found(folder: Path) -> Found:
    result = find(folder)
    assert result is not None
    return result


@pytest.mark.parametrize("images", ["", "images", "images/default"])
@pytest.mark.parametrize(
    ("write", "name"),
    [(write_cvat, "annotations.xml"), (write_coco, "annotations/instances_default.json"), (write_coco, "a.json")],
)
def test_images_with_a_file_of_annotations(tmp_path: Path, images: str, write, name: str) -> None:
    save(tmp_path / images / "a.png", picture(0))
    save(tmp_path / images / "b.png", picture(1))
    write(tmp_path / name, "a", "gone")
    result = found(tmp_path)
    first, second = (c.load("x") for c in result.candidates)
    expected = np.zeros(SHAPE, dtype=np.uint8)
    expected[10:30, 10:30] = 1
    np.testing.assert_array_equal(first.mask, expected)
    assert second.mask is None
    assert result.useless == [(tmp_path / name, "gone has no image")]


def test_voc_before_cvat_before_coco(tmp_path: Path) -> None:
    write_coco(tmp_path / "coco/annotations/instances_default.json", "a")
    (tmp_path / "settings.json").write_text("{}")
    (coco,) = find_annotations(tmp_path)
    assert coco.path.name == "instances_default.json"
    write_cvat(tmp_path / "cvat/annotations.xml", "a")
    assert [type(a) for a in find_annotations(tmp_path)] == [CvatFile]
    write_labelmap(tmp_path / "zip/voc", FULL)
    save_voc(tmp_path / "zip/voc/SegmentationClass/a.png", head(), FULL)
    assert [type(a) for a in find_annotations(tmp_path)] == [VocFolder]


def test_two_pictures_of_one_name_are_both_left_out(tmp_path: Path) -> None:
    for name, seed in (("a.bmp", 0), ("a.png", 1), ("b.png", 2)):
        save(tmp_path / name, picture(seed))
    write_coco(tmp_path / "a.json", "a", "b")
    result = found(tmp_path)
    assert [c.id for c in result.candidates] == ["b"]
    assert [path.name for path, reason in result.useless if "has the same name" in reason] == ["a.bmp", "a.png"]


def test_a_damaged_file_of_annotations_is_named(tmp_path: Path) -> None:
    save(tmp_path / "a.png", picture(0))
    (tmp_path / "a.json").write_text("{")
    with pytest.raises(ValueError, match=r"a.json: "):
        find(tmp_path)


def test_other_folders(tmp_path: Path) -> None:
    assert find(tmp_path) is None
    save(tmp_path / "a.png", picture(0))
    assert find(tmp_path) is None
