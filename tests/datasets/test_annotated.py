from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from datasets.trees import FULL, SHAPE, head, picture, save, save_voc, write_coco, write_labelmap
from fetal_head.datasets.annotated import find, find_annotations
from fetal_head.datasets.candidate import Found
from fetal_head.datasets.cvat import CvatFile
from fetal_head.datasets.voc import VocFolder
from fetal_head.imaging import Mask
from fetal_head.labels import VALUES

SQUARES = {"Brain": (10, 10, 30, 30), "CSP": (12, 12, 16, 16), "LV": (20, 20, 26, 26), "LV left": (40, 40, 44, 44)}


def write_cvat(path: Path, *stems: str, drawn: tuple[str, ...] = ("Brain",), declared: tuple[str, ...] = ()) -> None:
    box = '<box label="{}" xtl="{}" ytl="{}" xbr="{}" ybr="{}"/>'
    boxes = "".join(box.format(name, *SQUARES[name]) for name in drawn)
    images = "".join(f'<image name="{stem}.png" width="{SHAPE[1]}" height="{SHAPE[0]}">{boxes}</image>' for stem in stems)
    labels = "".join(f"<label><name>{name}</name><attributes/></label>" for name in declared)
    meta = f"<meta><task><name>heads</name><labels>{labels}</labels></task></meta>" if declared else ""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"<annotations>{meta}{images}</annotations>")


def write_classes(folder: Path, kind: str, drawn: tuple[str, ...], declared: tuple[str, ...], *stems: str) -> None:
    """The squares of some classes in some images, image a if none is named, in a file that declares some."""
    stems = stems or ("a",)
    if kind == "coco":
        write_coco(folder / "a.json", *stems, squares={name: SQUARES[name] for name in drawn}, declared=declared)
    elif kind == "cvat":
        write_cvat(folder / "a.xml", *stems, drawn=drawn, declared=declared)
    else:
        colours = {"background": (0, 0, 0), **{name: (9, 9, i) for i, name in enumerate(declared)}}
        write_labelmap(folder, colours)
        image = np.zeros((*SHAPE, 3), dtype=np.uint8)
        for name in drawn:
            left, top, right, bottom = SQUARES[name]
            image[top:bottom, left:right] = colours[name]
        for stem in stems:
            save(folder / f"SegmentationClass/{stem}.png", image)


def squares(*names: str) -> Mask:
    mask = np.zeros(SHAPE, dtype=np.uint8)
    for name in names:
        left, top, right, bottom = SQUARES[name]
        mask[top:bottom, left:right] = VALUES[name.upper()]
    return mask


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


def test_no_annotation_is_lost_because_another_image_has_one_of_another_kind(tmp_path: Path) -> None:
    for seed, stem in enumerate("abc"):
        save(tmp_path / f"images/{stem}.png", picture(seed))
    write_labelmap(tmp_path / "voc", FULL)
    save_voc(tmp_path / "voc/SegmentationClass/a.png", head(), FULL)
    write_cvat(tmp_path / "b.xml", "a", "b")
    write_coco(tmp_path / "c.json", "c", squares={"LV": (5, 5, 20, 20)})
    first, second, third = (c.load("x") for c in found(tmp_path).candidates)
    np.testing.assert_array_equal(first.mask, head())
    assert (second.annotated, third.annotated) == (("BRAIN",), ("LV",))


@pytest.mark.parametrize("kind", ["coco", "cvat", "voc"])
@pytest.mark.parametrize(
    ("declared", "drawn", "annotated"),
    [
        (("Brain",), ("Brain",), ("BRAIN",)),
        (("Brain", "LV"), ("Brain",), ("BRAIN", "LV")),
        (("Brain", "CSP", "LV"), ("Brain",), ("BRAIN", "CSP", "LV")),
        (("Brain", "CSP", "LV"), ("CSP",), ("CSP", "LV")),
        (("Brain", "LV left"), ("Brain",), ("BRAIN",)),
    ],
)
def test_only_declared_classes_were_looked_for(tmp_path: Path, kind: str, declared, drawn, annotated) -> None:
    save(tmp_path / "a.png", picture(0))
    write_classes(tmp_path, kind, drawn, declared)
    case = found(tmp_path).candidates[0].load("x")
    np.testing.assert_array_equal(case.mask, squares(*drawn))
    assert case.annotated == annotated


def test_cvat_without_a_list_of_labels_speaks_of_those_that_it_uses(tmp_path: Path) -> None:
    save(tmp_path / "a.png", picture(0))
    write_cvat(tmp_path / "a.xml", "a", drawn=("Brain", "LV"))
    assert found(tmp_path).candidates[0].load("x").annotated == ("BRAIN", "LV")


@pytest.mark.parametrize("kind", ["coco", "cvat"])
def test_classes_that_mean_nothing_are_told(tmp_path: Path, kind: str) -> None:
    for seed, stem in enumerate("ab"):
        save(tmp_path / f"{stem}.png", picture(seed))
    write_classes(tmp_path, kind, ("Brain", "LV left"), ("Brain", "LV left"), "a", "b")
    ((path, reason),) = found(tmp_path).useless
    assert path.stem == "a"
    assert reason == "the class 'LV left' is none of BRAIN, CSP, LV: not understood and left out, 2 in all"


@pytest.mark.parametrize("kind", ["coco", "cvat", "voc"])
def test_files_that_name_one_image_are_one_annotation(tmp_path: Path, kind: str) -> None:
    save(tmp_path / "a.png", picture(0))
    for name in ("LV", "Brain"):
        write_classes(tmp_path / name, kind, (name,), (name,))
    case = found(tmp_path).candidates[0].load("x")
    np.testing.assert_array_equal(case.mask, squares("Brain", "LV"))
    assert case.annotated == ("BRAIN", "LV")


@pytest.mark.parametrize("kind", ["coco", "cvat", "voc"])
def test_files_that_say_the_same_agree(tmp_path: Path, kind: str) -> None:
    """Where one has the head alone and the other has the CSP in it too, VOC's head has a hole there."""
    save(tmp_path / "a.png", picture(0))
    write_classes(tmp_path / "1", kind, ("Brain",), ("Brain",))
    write_classes(tmp_path / "2", kind, ("Brain", "CSP"), ("Brain", "CSP"))
    np.testing.assert_array_equal(found(tmp_path).candidates[0].load("x").mask, squares("Brain", "CSP"))


def test_files_that_contradict_are_no_annotation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save(tmp_path / "a.png", picture(0))
    write_classes(tmp_path / "1", "cvat", ("Brain", "CSP"), ())
    monkeypatch.setitem(SQUARES, "CSP", (12, 12, 16, 17))
    write_classes(tmp_path / "2", "cvat", ("CSP",), ())
    with pytest.raises(ValueError, match=r"annotation 1/a.xml and 2/a.xml outline CSP differently; keep the one that is right"):
        found(tmp_path).candidates[0].load("x")


@pytest.mark.parametrize("kind", ["coco", "cvat"])
@pytest.mark.parametrize(("lv", "pixels"), [((10, 10, 20, 20), 16), ((14, 10, 30, 30), 8), ((10, 10, 30, 13), 4)])
def test_a_csp_that_an_lv_would_hide_is_no_annotation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, lv: tuple[int, ...], pixels: int
) -> None:
    monkeypatch.setitem(SQUARES, "LV", lv)
    monkeypatch.setitem(SQUARES, "CSP", (12, 12, 16, 16) if pixels > 4 else (12, 12, 16, 13))
    save(tmp_path / "a.png", picture(0))
    write_classes(tmp_path, kind, ("CSP", "LV"), ())
    with pytest.raises(ValueError, match=rf"annotation a.(json|xml): CSP and LV overlap in {pixels} pixels; draw them so that"):
        found(tmp_path).candidates[0].load("x")


@pytest.mark.parametrize("kind", ["coco", "cvat", "voc"])
def test_nor_is_one_that_an_lv_of_another_file_would_hide(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    monkeypatch.setitem(SQUARES, "LV", (10, 10, 20, 20))
    save(tmp_path / "a.png", picture(0))
    for name in ("CSP", "LV"):
        write_classes(tmp_path / name, kind, (name,), (name,))
    with pytest.raises(ValueError, match=r"annotation .* and .*: CSP and LV overlap in 16 pixels"):
        found(tmp_path).candidates[0].load("x")


@pytest.mark.parametrize("kind", ["coco", "cvat"])
@pytest.mark.parametrize("by", [0, 1, 2])
def test_outlines_that_touch_are_drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, by: int) -> None:
    monkeypatch.setitem(SQUARES, "CSP", (10, 12, 16, 16))
    monkeypatch.setitem(SQUARES, "LV", (16 - by, 10, 30, 30))
    save(tmp_path / "a.png", picture(0))
    write_classes(tmp_path, kind, ("CSP", "LV"), ())
    np.testing.assert_array_equal(found(tmp_path).candidates[0].load("x").mask, squares("CSP", "LV"))


def test_a_head_that_nobody_drew_is_no_annotation_of_the_head(tmp_path: Path) -> None:
    save(tmp_path / "a.png", picture(0))
    write_classes(tmp_path, "voc", (), ("Brain",))
    case = found(tmp_path).candidates[0].load("x")
    assert (case.mask, case.annotated) == (None, ())


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


def test_hidden_files_are_no_annotations(tmp_path: Path) -> None:
    """A Mac puts some with the names of others into every archive, and notebooks keep copies of what was there before."""
    save(tmp_path / "images/a.png", picture(0))
    write_coco(tmp_path / "annotations/a.json", "a")
    write_coco(tmp_path / "annotations/.ipynb_checkpoints/a-checkpoint.json", "a", squares={"head": (5, 5, 20, 20)})
    (tmp_path / "__MACOSX/annotations").mkdir(parents=True)
    (tmp_path / "__MACOSX/annotations/._a.json").write_bytes(b"\x00\x05\x16\x07\x00\x02\x00\x00Mac OS X\xff\xb0")
    (candidate,) = found(tmp_path).candidates
    assert np.count_nonzero(candidate.load("x").mask) == 400


def test_other_folders(tmp_path: Path) -> None:
    assert find(tmp_path) is None
    save(tmp_path / "a.png", picture(0))
    assert find(tmp_path) is None


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_an_image_that_programs_show_turned_is_not_put_under_what_was_drawn_on_it(tmp_path: Path, kind: str) -> None:
    """CVAT and browsers turn it as its EXIF says, our reader and ITK do not: the mask would lie on its head."""
    for name, orientation in (("a", 3), ("b", 1), ("d", 0)):
        exif = Image.Exif()
        exif[274] = orientation
        Image.fromarray(picture(0)).save(tmp_path / f"{name}.png", kind, exif=exif)
    save(tmp_path / "c.png", picture(1))
    write_cvat(tmp_path / "annotations.xml", "a", "b", "c", "d")
    turned, *upright = found(tmp_path).candidates
    with pytest.raises(ValueError, match="is shown turned by its EXIF or XMP orientation 3"):
        turned.load("x")
    assert all(candidate.load("x").mask is not None for candidate in upright)


@pytest.mark.parametrize("key", ["XML:com.adobe.xmp", "Raw profile type exif"])
def test_nor_is_one_that_says_so_where_other_programs_write_it(tmp_path: Path, key: str) -> None:
    """Pillow, and with it CVAT, heeds XMP, and EXIF as ImageMagick once put it into a PNG."""
    exif, told = Image.Exif(), PngInfo()
    exif[274] = 3
    text = "<tiff:Orientation>3</tiff:Orientation>" if "xmp" in key else f"\nexif\n{len(exif.tobytes())}\n{exif.tobytes().hex()}"
    told.add_itxt(key, text)
    Image.fromarray(picture(0)).save(tmp_path / "a.png", pnginfo=told)
    write_cvat(tmp_path / "annotations.xml", "a")
    (turned,) = found(tmp_path).candidates
    with pytest.raises(ValueError, match="is shown turned by its EXIF or XMP orientation 3"):
        turned.load("x")


@pytest.mark.parametrize("kind", ["coco", "cvat", "voc"])
def test_a_table_beside_annotations_tells_pixel_sizes(tmp_path: Path, kind: str) -> None:
    for seed, stem in enumerate("ab"):
        save(tmp_path / f"images/{stem}.png", picture(seed))
    write_classes(tmp_path, kind, ("Brain",), ("Brain",), "a", "b")
    table = tmp_path / "pixel_size.csv"
    table.write_text("filename,row_mm,column_mm\na.png,0.1,0.2\n")
    assert [c.load("x").spacing for c in found(tmp_path).candidates] == [(0.1, 0.2), None]
    table.write_text("filename,row_mm,column_mm\na_01.png,0.1,0.2\n")
    assert (table, "holds no pixel size of any image; its file names must be the images'") in found(tmp_path).useless


def test_which_of_several_pixel_sizes_counts(tmp_path: Path) -> None:
    """The table, else the annotations, else the index: an annotation tool that an export went through keeps no sizes."""
    for seed, stem in enumerate("abc"):
        save(tmp_path / f"images/{stem}.png", picture(seed))
    write_coco(tmp_path / "annotations.json", "a", "b", "c")
    content = json.loads((tmp_path / "annotations.json").read_text())
    for image in content["images"][:2]:
        image["pixel_size_mm"] = [0.2, 0.2]
    (tmp_path / "annotations.json").write_text(json.dumps(content))
    index = ["image,annotated,row_mm,column_mm", *(f"{stem},BRAIN,0.3,0.4" for stem in "abc")]
    (tmp_path / "index.csv").write_text("\n".join(index))
    (tmp_path / "pixel_size.csv").write_text("filename,row_mm,column_mm\na.png,0.1,0.1\n")
    assert [c.load("x").spacing for c in found(tmp_path).candidates] == [(0.1, 0.1), (0.2, 0.2), (0.3, 0.4)]


def test_files_that_tell_different_pixel_sizes_of_an_image_leave_it_to_a_person(tmp_path: Path) -> None:
    """The first one by name was taken, and may be the one that was corrected since."""
    for seed, stem in enumerate("ab"):
        save(tmp_path / f"images/{stem}.png", picture(seed))
    for name, millimetres in (("before", 0.2), ("corrected", 0.3)):
        path = tmp_path / f"{name}.json"
        write_coco(path, "a", "b")
        content = json.loads(path.read_text())
        content["images"][0]["pixel_size_mm"] = [millimetres, millimetres]
        content["images"][1]["pixel_size_mm"] = [0.1, 0.1]
        path.write_text(json.dumps(content))
    first, second = found(tmp_path).candidates
    with pytest.raises(ValueError, match=r"/before.json and .*/corrected.json tell different pixel sizes of it; keep the one"):
        first.load("x")
    assert second.load("x").spacing == (0.1, 0.1)
    (tmp_path / "pixel_size.csv").write_text("filename,row_mm,column_mm\na.png,0.3,0.3\n")
    assert found(tmp_path).candidates[0].load("x").spacing == (0.3, 0.3)
