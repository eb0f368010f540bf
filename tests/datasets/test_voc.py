from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets.trees import FULL, SHAPE, VOC, head, save, save_voc, write_labelmap
from fetal_head.datasets.voc import VocFolder, read_colour_mask, read_labelmap, refuse_instances, voc_folders

colours = st.tuples(*(st.integers(0, 255),) * 3)


@given(st.lists(colours, min_size=4, max_size=4, unique=True), st.booleans(), st.integers(0, 9))
def test_a_mask_drawn_in_any_colours_is_read_back(tmp_path_factory: pytest.TempPathFactory, rgb, palette, seed) -> None:
    folder = tmp_path_factory.mktemp("voc")
    named = dict(zip(("background", "Brain", "CSP", "LV"), rgb, strict=True))
    mask = np.random.default_rng(seed).integers(0, 4, SHAPE, dtype=np.uint8)
    write_labelmap(folder, named)
    save_voc(folder / "SegmentationClass" / "a.png", mask, named, palette)
    np.testing.assert_array_equal(VocFolder(folder).mask("a", SHAPE), mask)


@pytest.mark.parametrize("scheme", [FULL, VOC])
def test_both_published_colour_schemes(tmp_path: Path, scheme) -> None:
    write_labelmap(tmp_path, scheme)
    save_voc(tmp_path / "SegmentationClass" / "a.png", head(), scheme)
    assert VocFolder(tmp_path).stems == ["a"]
    np.testing.assert_array_equal(VocFolder(tmp_path).mask("a", SHAPE), head())


def test_two_masks_of_one_image_are_none(tmp_path: Path) -> None:
    """The last one by name was taken, whichever that is."""
    write_labelmap(tmp_path, FULL)
    folder = tmp_path / "SegmentationClass"
    save_voc(folder / "b.png", head()[::-1], FULL).rename(folder / "a.PNG")
    save_voc(folder / "a.png", head(), FULL)
    with pytest.raises(ValueError, match=r"a.PNG and a.png are both of it; keep the one that is right"):
        VocFolder(tmp_path).mask("a", SHAPE)


def test_masks_in_folders_are_not_passed_over(tmp_path: Path) -> None:
    """As if nobody had annotated the images; nor laid on an image of that name of another folder."""
    write_labelmap(tmp_path, FULL)
    folder = tmp_path / "SegmentationClass"
    for name in ("001", ".thumbnails/001"):
        save_voc(folder / f"{name}.png", head(), FULL)
    assert VocFolder(tmp_path).stems == ["001"]
    save_voc(folder / "p1/deeper/001.png", head(), FULL)
    with pytest.raises(ValueError, match=r"SegmentationClass/p1: masks lie in folders"):
        VocFolder(tmp_path)


def labelmap(tmp_path: Path, text: str) -> dict[tuple[int, int, int], str]:
    (tmp_path / "labelmap.txt").write_text(text, encoding="utf-8-sig")
    return read_labelmap(tmp_path / "labelmap.txt")


def test_labelmap_names_are_tolerant(tmp_path: Path) -> None:
    text = "# label:color_rgb:parts:actions\nbrain:1,2,3::\n\nCavum septi pellucidi:4,5,6::\nmidline:7,8,9:a,b:c\n"
    assert labelmap(tmp_path, text) == {
        (0, 0, 0): "background",
        (1, 2, 3): "brain",
        (4, 5, 6): "Cavum septi pellucidi",
        (7, 8, 9): "midline",
    }
    (tmp_path / "SegmentationClass").mkdir()
    image = np.array([(1, 2, 3), (4, 5, 6)], dtype=np.uint8)[(head() == 2).astype(int)]
    save(tmp_path / "SegmentationClass/a.png", image)
    np.testing.assert_array_equal(VocFolder(tmp_path).mask("a", SHAPE), np.where(head() == 2, 2, 1))


def test_what_is_under_a_stranger_cannot_be_known(tmp_path: Path) -> None:
    strange = {"background": (0, 0, 0), "Brain": (255, 0, 0), "CSP": (255, 255, 0), "Ventricle": (0, 0, 255)}
    write_labelmap(tmp_path, strange)
    save_voc(tmp_path / "SegmentationClass/a.png", head(), FULL)
    save_voc(tmp_path / "SegmentationClass/b.png", np.minimum(head(), 2), FULL)
    with pytest.raises(
        ValueError, match=r"a.png: its class 'Ventricle' is none of BRAIN, CSP, LV, so what lies there is not known"
    ):
        VocFolder(tmp_path).mask("a", SHAPE)
    np.testing.assert_array_equal(VocFolder(tmp_path).mask("b", SHAPE), np.minimum(head(), 2))


@pytest.mark.parametrize("name", ["outside", "Placenta", "amniotic_fluid"])
def test_what_is_known_to_lie_outside_is_background(tmp_path: Path, name: str) -> None:
    write_labelmap(tmp_path, {"Brain": (255, 0, 0), "CSP": (255, 255, 0), "LV": (0, 0, 255), name: (9, 9, 9)})
    image = np.array([(9, 9, 9), *list(FULL.values())[1:]], dtype=np.uint8)[head()]
    save(tmp_path / "SegmentationClass/a.png", image)
    np.testing.assert_array_equal(VocFolder(tmp_path).mask("a", SHAPE), head())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Brain:255,0::", "'Brain:255,0::' is not of the form"),
        ("Brain", "is not of the form"),
        ("Brain:1,2,3::\nCSP:1,2,3::", "two classes have the colour 1,2,3"),
        ("femur:1,2,3::", "no class is called BRAIN, CSP, LV"),
    ],
)
def test_labelmap_of_no_use(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        labelmap(tmp_path, text)


def test_a_colour_outside_of_the_labelmap(tmp_path: Path) -> None:
    path = save_voc(tmp_path / "a.png", head(), VOC)
    with pytest.raises(ValueError, match=r"a.png: the colour 0,128,0 is not in labelmap.txt"):
        read_colour_mask(path, {(0, 0, 0): "background", (255, 0, 0): "brain"}, SHAPE)


def test_transposed_resized_and_damaged_masks(tmp_path: Path) -> None:
    scheme = {colour: name for name, colour in FULL.items()}
    path = save_voc(tmp_path / "a.png", head().T, FULL)
    with pytest.raises(ValueError, match=r"a.png: the mask is transposed"):
        read_colour_mask(path, scheme, SHAPE)
    with pytest.raises(ValueError, match="its image 10 x 20"):
        read_colour_mask(path, scheme, (20, 10))
    path.write_bytes(path.read_bytes()[:90])
    with pytest.raises(ValueError, match=r"a.png: "):
        read_colour_mask(path, scheme, SHAPE[::-1])


def test_an_alpha_channel_does_not_count(tmp_path: Path) -> None:
    rgba = np.dstack([np.array(list(FULL.values()), dtype=np.uint8)[head()], np.full(SHAPE, 7, dtype=np.uint8)])
    path = save(tmp_path / "a.png", rgba)
    np.testing.assert_array_equal(read_colour_mask(path, {colour: name for name, colour in FULL.items()}, SHAPE), head())


def test_instances_are_refused(tmp_path: Path) -> None:
    write_labelmap(tmp_path, FULL)
    instances = tmp_path / "SegmentationObject"
    instances.mkdir()
    for folder in (instances, tmp_path):
        with pytest.raises(ValueError, match="number the drawn objects, they are no classes; give SegmentationClass"):
            refuse_instances(folder)
    with pytest.raises(ValueError, match="give SegmentationClass"):
        voc_folders([tmp_path / "labelmap.txt"])
    (tmp_path / "SegmentationClass").mkdir()
    refuse_instances(tmp_path)
