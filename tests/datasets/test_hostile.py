"""Annotation files that are damaged or made to harm: refused with a sentence, in no time."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fetal_head.datasets import Case, import_dataset
from fetal_head.datasets.coco import read_coco
from fetal_head.datasets.cvat import read_cvat
from fetal_head.datasets.names import safe_id
from fetal_head.datasets.pixel_size import read_pixel_sizes
from fetal_head.datasets.voc import read_colour_mask, read_labelmap
from hostile.rasters import raster_files

SHAPE = (60, 90)
LONGEST_SECONDS = 10
# every number of JSON that is none of an image
NUMBERS = (10**400, -1, 1e308, float("nan"), "x", [], {}, None)


def _coco(segmentation: Any, **image: Any) -> dict[str, Any]:
    return {
        "images": [{"id": 1, "file_name": "a.png", "height": SHAPE[0], "width": SHAPE[1], **image}],
        "categories": [{"id": 1, "name": "BRAIN"}],
        "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "segmentation": segmentation}],
    }


@pytest.mark.parametrize(
    "segmentation",
    [
        [[1e308, 1e308, -1e308, 1e308, 0, 0]],
        [[1e12, 0, 0, 1e12, -1e12, -1e12]],
        [[10**400, 1, 2, 3, 4, 5]],
        [["a", "b", "c", "d", "e", "f"]],
        [[[[1]]]],
        {"size": [10**30, 10**30], "counts": [1]},
        {"size": list(SHAPE), "counts": "o" * 1_000_000},
        {"size": list(SHAPE), "counts": [2**63 - 1, 2**63 - 1, 2]},
        {"size": list(SHAPE), "counts": [10**400]},
        {"size": list(SHAPE), "counts": [-1, SHAPE[0] * SHAPE[1] + 1]},
        {"size": [-60, -90], "counts": [5400]},
        {"counts": "x"},
        "text",
        5,
    ],
    ids=lambda value: str(value)[:40],
)
def test_coco_outlines(tmp_path: Path, segmentation: Any) -> None:
    path = tmp_path / "coco.json"
    path.write_text(json.dumps(_coco(segmentation)))
    started = time.monotonic()
    coco = read_coco(path)
    assert coco is not None
    with pytest.raises(ValueError, match=r"coco\.json"):
        coco.mask("a", SHAPE)
    assert time.monotonic() - started < LONGEST_SECONDS


@pytest.mark.parametrize("key", ["height", "width", "file_name", "id"])
@pytest.mark.parametrize("value", NUMBERS, ids=lambda value: str(value)[:10])
def test_coco_images(tmp_path: Path, key: str, value: Any) -> None:
    path = tmp_path / "coco.json"
    path.write_text(json.dumps(_coco([[1, 1, 9, 1, 9, 9]], **{key: value})))
    try:
        coco = read_coco(path)
    except ValueError as error:
        assert str(error).startswith("coco.json: ")  # noqa: PT017
        return
    assert coco is not None
    for stem in coco.stems:
        if key in ("height", "width"):
            with pytest.raises(ValueError, match=r"coco\.json"):
                coco.mask(stem, SHAPE)


@pytest.mark.parametrize(
    "content", [b"[" * 1_000_000, b"\xff\xfe", b"{", b"", b'{"images": 5, "annotations": 5, "categories": 5}']
)
def test_coco_files(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "coco.json").write_bytes(content)
    with pytest.raises(ValueError, match=r"coco\.json"):
        read_coco(tmp_path / "coco.json")


BOMB = '<!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;&b;&b;">]><annotations><image name="&c;"/></annotations>'
OUTSIDE = '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><annotations><image name="&b;"/></annotations>'


@pytest.mark.parametrize(
    "content", [BOMB, OUTSIDE, BOMB.encode("utf-16"), "<annotations>", "", "<a" * 100_000, "\0"], ids=lambda v: str(v)[:20]
)
def test_cvat_files(tmp_path: Path, content: str | bytes) -> None:
    (tmp_path / "a.xml").write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(ValueError, match=r"a\.xml"):
        read_cvat(tmp_path / "a.xml")


def test_cvat_nested_deep_is_no_annotation(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_text("<a>" * 100_000 + "</a>" * 100_000)
    try:
        assert read_cvat(tmp_path / "a.xml") is None
    except ValueError as error:
        assert str(error).startswith("a.xml: ")  # noqa: PT017


@pytest.mark.parametrize(
    "shape",
    [
        '<ellipse label="BRAIN" cx="1e308" cy="1" rx="1e308" ry="nan"/>',
        '<ellipse label="BRAIN" cx="1" cy="1" rx="-1" ry="0"/>',
        '<box label="BRAIN" xtl="-1e300" ytl="0" xbr="1e300" ybr="9"/>',
        '<box label="BRAIN" xtl="0" ytl="0" xbr="9" ybr="9" rotation="inf"/>',
        '<polygon label="BRAIN" points="1e300,1;2,1e300;3,3"/>',
        '<polygon label="BRAIN" points="1,1,1;2"/>',
        '<polygon label="BRAIN" points="a,b;c,d;e,f"/>',
        '<polygon label="BRAIN"/>',
        '<mask label="BRAIN" rle="1,2,3"/>',
    ],
)
def test_cvat_shapes(tmp_path: Path, shape: str) -> None:
    head = f'<annotations><image name="../../a.png" height="{SHAPE[0]}" width="{SHAPE[1]}">'
    (tmp_path / "a.xml").write_text(f"{head}{shape}</image></annotations>")
    cvat = read_cvat(tmp_path / "a.xml")
    assert cvat is not None
    with pytest.raises(ValueError, match=r"a\.xml"):
        cvat.mask("a", SHAPE)


@pytest.mark.parametrize("size", ["1e300", "nan", "-1", "99999999999999999999", "x", ""])
def test_cvat_sizes(tmp_path: Path, size: str) -> None:
    image = f'<image name="a.png" height="{size}" width="{size}"><polygon label="BRAIN" points="1,1;9,1;9,9"/></image>'
    (tmp_path / "a.xml").write_text(f"<annotations>{image}</annotations>")
    cvat = read_cvat(tmp_path / "a.xml")
    assert cvat is not None
    with pytest.raises(ValueError, match=r"a\.xml"):
        cvat.mask("a", SHAPE)


def test_voc_masks(tmp_path: Path) -> None:
    for file in raster_files():
        (tmp_path / "a.png").write_bytes(file.content)
        with pytest.raises(ValueError, match=r"^a\.png: "):
            read_colour_mask(tmp_path / "a.png", {(0, 0, 0): "background"}, SHAPE)


@pytest.mark.parametrize(
    "text", ["", "x", "BRAIN:1,2", "BRAIN:a,b,c::", "BRAIN:1,1,1::\nLV:1,1,1::", "a:" + "9" * 5000, "\0\0\0"]
)
def test_labelmaps(tmp_path: Path, text: str) -> None:
    (tmp_path / "labelmap.txt").write_text(text)
    with pytest.raises(ValueError, match=r"labelmap\.txt"):
        read_labelmap(tmp_path / "labelmap.txt")


@pytest.mark.parametrize(
    "content",
    [b"", b"\0" * 1000, b"\xff\xfe\x00", b'"' * 1_000_000, b"filename," + b"a" * 1_000_000, b"a,b\n" * 10, b"x" * 200_000],
    ids=lambda value: str(value)[:20],
)
def test_tables_of_pixel_sizes(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "t.csv").write_bytes(content)
    with pytest.raises(ValueError, match=r"t\.csv"):
        read_pixel_sizes(tmp_path / "t.csv")


def test_pixel_sizes_that_are_none_are_left_out(tmp_path: Path) -> None:
    rows = [f"a{n}.png,{v}" for n, v in enumerate(("nan", "inf", "-1", "0", "1e999", ""))]
    (tmp_path / "t.csv").write_text("\n".join(["filename,pixel size(mm)", *rows, "../../b.png,0.2"]))
    assert [*read_pixel_sizes(tmp_path / "t.csv")] == ["b"]


def test_names_are_made_fit_for_files() -> None:
    for name in ("../../a", "CON", "nul.x", "a:b", "\0", "..", "", "a" + "\u202e", "x. "):
        safe = safe_id(name)
        assert not {*safe} & {*"/\\:\0"}
        assert safe not in ("", ".", "..", "CON", "nul.x")
        assert safe == safe.strip(". ")
    with pytest.raises(ValueError, match="characters"):
        Case("a" * 300, np.zeros(SHAPE, np.uint8))


def test_an_archive_is_not_unpacked(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(b"PK\3\4")
    with pytest.raises(ValueError, match="unpack"):
        import_dataset(tmp_path / "a.zip", tmp_path / "to")
    assert not (tmp_path / "to").exists()
