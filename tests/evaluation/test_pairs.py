from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from PIL import Image

from datasets.trees import hc18, outline
from evaluation.oracle import head
from fetal_head.evaluation.pairs import find_pairs
from fetal_head.evaluation.truth import is_truth, read_truth
from fetal_head.imaging import Geometry, write_mask
from fetal_head.stamp import stamp_of
from fetal_head.store.said import Told
from pictures import speckle, write_dicom, write_itk, write_picture

ROWS, COLUMNS = 80, 120


def picture(path: Path, seed: int = 0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return write_picture(path, speckle(ROWS, COLUMNS, seed))


def mask(path: Path, pixels: np.ndarray | None = None) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return write_picture(path, head() if pixels is None else pixels)


@pytest.mark.parametrize(
    ("folder", "ending"),
    [
        *(("masks", ending) for ending in ("", "_mask", "_Annotation", "_annotation")),
        *(("images", ending) for ending in ("_mask", "_Annotation", "_annotation")),
    ],
)
def test_a_mask_bears_the_name_of_its_image(tmp_path: Path, folder: str, ending: str) -> None:
    for name in ("Patient1_a", "Patient1_b"):
        picture(tmp_path / "images" / f"{name}.png")
        drawn = (head() > 0).astype(np.uint8) * 255 if ending.lower() == "_annotation" else head()
        mask(tmp_path / folder / f"{name}{ending}.png", drawn)
    pairs = find_pairs(tmp_path / "images", tmp_path / folder)
    assert [(pair.id, pair.patient, pair.mask.stem) for pair in pairs] == [
        (name, "Patient1", f"{name}{ending}") for name in ("Patient1_a", "Patient1_b")
    ]
    np.testing.assert_array_equal(pairs[0].load().truth > 0, head() > 0)


def test_hc18_as_it_is_published(tmp_path: Path) -> None:
    root = hc18(tmp_path, {"010_HC": head(), "010_2HC": head()})
    table = root / "training_set_pixel_size_and_HC.csv"
    first, second = find_pairs(root / "training_set", root / "training_set", table)
    assert [first.patient, second.patient] == ["HC18-010", "HC18-010"]
    assert {(pair.id, pair.spacing, pair.circumference) for pair in (first, second)} == {
        ("010_HC", (0.1, 0.1), 170.5),
        ("010_2HC", (0.2, 0.2), 170.5),
    }
    known = first.load()
    assert known.annotated == ("BRAIN",)
    np.testing.assert_array_equal(known.truth, (head() > 0).astype(np.uint8))


def test_the_images_beside_hc18s_annotations_are_no_masks(tmp_path: Path) -> None:
    root = hc18(tmp_path / "hc18", {"010_HC": head(), "011_HC": head()})
    (tmp_path / "some").mkdir()
    (tmp_path / "some" / "011_HC.png").symlink_to(root / "training_set" / "011_HC.png")
    (pair,) = find_pairs(tmp_path / "some", root / "training_set")
    assert pair.mask.name == "011_HC_Annotation.png"


@pytest.mark.parametrize("drawing", [outline(head()), (head() > 0).astype(np.uint8) * 255])
def test_black_and_white_is_a_head_and_says_nothing_else(tmp_path: Path, drawing: np.ndarray) -> None:
    picture(tmp_path / "images/a.png")
    mask(tmp_path / "masks/a.png", drawing)
    known = find_pairs(tmp_path / "images", tmp_path / "masks")[0].load()
    assert known.annotated == ("BRAIN",)
    np.testing.assert_array_equal(known.truth, head() > 0)


def test_a_palette_that_shows_an_lv_in_white_makes_no_head_of_it(tmp_path: Path) -> None:
    picture(tmp_path / "images/a.png")
    truth = head(brain=False, csp=None)
    with_palette = Image.fromarray(truth).convert("P")
    with_palette.putpalette([grey for grey in (0, 85, 170, 255) for _ in range(3)])
    (tmp_path / "masks").mkdir()
    with_palette.save(tmp_path / "masks/a.png")
    known = find_pairs(tmp_path / "images", tmp_path / "masks")[0].load()
    assert known.annotated == ("CSP", "LV")
    np.testing.assert_array_equal(known.truth, truth)


@pytest.mark.parametrize("numbers", [(0, 1), (1, 0), (0, 255)])
def test_a_drawing_in_black_and_white_stays_one_with_a_palette(tmp_path: Path, numbers: tuple[int, int]) -> None:
    """Programs that make a PNG smaller turn it into one."""
    picture(tmp_path / "images/a.png")
    drawing = Image.fromarray(np.where(outline(head()) > 0, numbers[1], numbers[0]).astype(np.uint8)).convert("P")
    colours = dict(zip(numbers, (0, 255), strict=True))
    drawing.putpalette([colours.get(number, 0) for number in range(256) for _ in range(3)])
    (tmp_path / "masks").mkdir()
    drawing.save(tmp_path / "masks/a.png")
    known = find_pairs(tmp_path / "images", tmp_path / "masks")[0].load()
    assert known.annotated == ("BRAIN",)
    np.testing.assert_array_equal(known.truth, head() > 0)


@pytest.mark.parametrize(
    ("pixels", "annotated"),
    [
        (head(), ("BRAIN", "CSP", "LV")),
        (head(csp=None, lv=None), ("BRAIN", "CSP", "LV")),
        (head(brain=False), ("CSP", "LV")),
        (np.zeros((ROWS, COLUMNS), np.uint8), ("CSP", "LV")),
    ],
)
def test_a_mask_without_brain_leaves_it_unknown(tmp_path: Path, pixels: np.ndarray, annotated: tuple[str, ...]) -> None:
    picture(tmp_path / "images/a.png")
    mask(tmp_path / "masks/a.png", pixels)
    assert find_pairs(tmp_path / "images", tmp_path / "masks")[0].load().annotated == annotated


@pytest.mark.parametrize("ending", ["", ".png"])
def test_what_nobody_looked_for_is_not_absent_in_an_export(tmp_path: Path, ending: str) -> None:
    """Its index.csv says what each mask speaks of, and the size of a pixel; who writes one calls images by their files, too."""
    for name in ("a", "b"):
        picture(tmp_path / f"images/{name}.png")
        mask(tmp_path / f"masks/{name}.png")
    rows = [
        "image,annotated,row_mm,column_mm,submission,approved",
        f"a{ending},BRAIN LV,0.1,0.2,1,True",
        f"b{ending},BRAIN CSP LV,,,1,True",
    ]
    (tmp_path / "index.csv").write_text("\n".join(rows))
    first, second = (pair.load() for pair in find_pairs(tmp_path / "images", tmp_path / "masks"))
    assert (first.annotated, first.spacing) == (("BRAIN", "LV"), (0.1, 0.2))
    np.testing.assert_array_equal(first.truth, np.where(head() == 2, 1, head()))
    assert (second.annotated, second.spacing) == (("BRAIN", "CSP", "LV"), None)
    table = tmp_path / "sizes.csv"
    table.write_text("filename,pixel size (mm)\na.png,0.3\n")
    assert find_pairs(tmp_path / "images", tmp_path / "masks", table)[0].spacing == (0.3, 0.3)


def test_an_image_that_an_export_calls_as_the_mask_of_another_is_none(tmp_path: Path) -> None:
    for number, name in enumerate(("a", "a_mask")):
        picture(tmp_path / f"images/{name}.png", number)
        mask(tmp_path / f"masks/{name}.png", np.roll(head(), number, axis=1))
    (tmp_path / "index.csv").write_text("image,annotated,row_mm,column_mm\na,BRAIN CSP LV,,\na_mask,BRAIN CSP LV,,\n")
    pairs = find_pairs(tmp_path / "images", tmp_path / "masks")
    assert [(pair.image.stem, pair.mask.stem) for pair in pairs] == [("a", "a"), ("a_mask", "a_mask")]


@pytest.mark.parametrize("names", [("a", "a_mask"), ("a_mask",), ("a", "a_mask_mask")])
def test_elsewhere_a_file_that_could_be_an_image_or_a_mask_is_neither(tmp_path: Path, names: tuple[str, ...]) -> None:
    """Else `a` is judged by what was drawn on `a_mask`, and the figures are of no image."""
    for number, name in enumerate(("a", "a_mask")):
        picture(tmp_path / f"images/{name}.png", number)
    for number, name in enumerate(names):
        mask(tmp_path / f"masks/{name}.png", np.roll(head(), number, axis=1))
    with pytest.raises(ValueError, match=rf"a_mask.png could be an image, with {names[-1]}.png as its mask.*rename the image"):
        find_pairs(tmp_path / "images", tmp_path / "masks")


@pytest.mark.parametrize(("name", "drawn"), [("a_mask", head()), ("a_Annotation", outline(head()))])
def test_a_mask_among_the_images_is_no_image_where_another_reader_drew_one(tmp_path: Path, name: str, drawn: np.ndarray) -> None:
    picture(tmp_path / "images/a.png")
    mask(tmp_path / f"images/{name}.png", np.roll(drawn, 5, axis=1))
    mask(tmp_path / f"masks/{name}.png", drawn)
    (pair,) = find_pairs(tmp_path / "images", tmp_path / "masks")
    np.testing.assert_array_equal(pair.load().truth > 0, head() > 0)


def test_an_image_has_two_masks_where_one_alone_is_called_so(tmp_path: Path) -> None:
    picture(tmp_path / "images/a.png")
    for number, name in enumerate(("a", "a_mask")):
        mask(tmp_path / f"masks/{name}.png", np.roll(head(), number, axis=1))
    with pytest.raises(ValueError, match=r"a.png has two masks, a_mask.png and a.png"):
        find_pairs(tmp_path / "images", tmp_path / "masks")


def test_a_study_tells_whose_images_they_are_and_what_its_labels_speak_of(tmp_path: Path) -> None:
    told = {"a.png": Told(patient="HC18-010", annotated=("BRAIN",)), "b.png": Told()}
    for name in ("a", "b"):
        picture(tmp_path / f"{name}.png")
        for folder in ("labels/final", "masks"):
            mask(tmp_path / folder / f"{name}.png")
    first, second = find_pairs(tmp_path, tmp_path / "labels/final", None, told)
    assert (first.patient, first.load().annotated) == ("HC18-010", ("BRAIN",))
    np.testing.assert_array_equal(first.load().truth, head() > 0)
    assert (second.patient, second.load().annotated) == ("b", ("BRAIN", "CSP", "LV"))
    # masks of somebody else's say what they say
    other, _ = find_pairs(tmp_path, tmp_path / "masks", None, told)
    assert (other.patient, other.load().annotated) == ("HC18-010", ("BRAIN", "CSP", "LV"))


def test_an_image_that_was_replaced_is_not_measured_by_the_pixel_size_of_the_one_before(tmp_path: Path) -> None:
    file = picture(tmp_path / "images/a.png")
    mask(tmp_path / "masks/a.png")
    told = {"a.png": Told((0.1, 0.2), stamp=stamp_of(file))}
    (pair,) = find_pairs(tmp_path / "images", tmp_path / "masks", None, told)
    assert pair.load().spacing == (0.1, 0.2)
    picture(file, seed=1)
    with pytest.raises(ValueError, match=r"a\.png was replaced after its study was asked what it knows of it; try again"):
        pair.load()


def test_an_image_that_was_replaced_is_not_held_against_the_label_of_the_one_before(tmp_path: Path) -> None:
    file = picture(tmp_path / "a.png")
    for folder in ("labels/final", "masks"):
        mask(tmp_path / folder / "a.png")
    told = {"a.png": Told(stamp=stamp_of(file))}
    (label,), (other,) = (find_pairs(tmp_path, tmp_path / folder, None, told) for folder in ("labels/final", "masks"))
    picture(file, seed=1)
    assert other.load().spacing is None, "nothing is told of it"
    with pytest.raises(ValueError, match=r"a\.png was replaced after its study was asked what it knows of it; try again"):
        label.load()


def test_an_export_is_one_from_inside_its_folders_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    picture(tmp_path / "images/a.png")
    mask(tmp_path / "masks/a.png")
    (tmp_path / "index.csv").write_text("image,annotated,row_mm,column_mm,submission,approved\na,BRAIN,0.1,0.2,1,True")
    monkeypatch.chdir(tmp_path / "masks")
    known = find_pairs(Path("../images"), Path("."))[0].load()
    assert (known.annotated, known.spacing) == (("BRAIN",), (0.1, 0.2))
    (tmp_path / "index.csv").write_text("unfinished\n")
    with pytest.raises(ValueError, match=r"index\.csv: the export was broken off"):
        find_pairs(Path("../images"), Path("."))


def test_other_formats_and_the_files_own_pixel_size(tmp_path: Path) -> None:
    for folder in ("images", "masks"):
        (tmp_path / folder).mkdir()
    for name in ("a", "b"):
        write_itk(tmp_path / f"images/{name}.nrrd", speckle(ROWS, COLUMNS), (0.2, 0.3))
        write_mask(tmp_path / f"masks/{name}.nii.gz", head(), Geometry((ROWS, COLUMNS)))
    (tmp_path / "sizes.csv").write_text("image,row_mm,column_mm\nb.nrrd,0.5,0.6\n")
    pairs = find_pairs(tmp_path / "images", tmp_path / "masks", tmp_path / "sizes.csv")
    assert [pair.load().spacing for pair in pairs] == [pytest.approx((0.2, 0.3)), (0.5, 0.6)]
    assert [pair.circumference for pair in pairs] == [None, None]


def test_a_mask_whose_axes_run_otherwise_than_its_images_judges_nothing(tmp_path: Path) -> None:
    for folder, pixels in (("images", speckle(ROWS, COLUMNS)), ("masks", head())):
        (tmp_path / folder).mkdir()
        volume = sitk.GetImageFromArray(pixels[np.newaxis])
        sitk.WriteImage(sitk.DICOMOrient(volume, "LPS" if folder == "images" else "RAS"), str(tmp_path / folder / "a.nii.gz"))
    (pair,) = find_pairs(tmp_path / "images", tmp_path / "masks")
    with pytest.raises(ValueError, match=r"a\.nii\.gz: its axes run otherwise in space .* take a\.nii\.gz out of"):
        pair.load()


def test_a_label_is_of_the_image_of_its_very_name(tmp_path: Path) -> None:
    """In a study an image is one whatever its name ends in, and no image is judged by the label of another one."""
    for name in ("a", "a_mask"):
        picture(tmp_path / f"{name}.png")
        mask(tmp_path / f"labels/final/{name}.png")
    pairs = find_pairs(tmp_path, tmp_path / "labels/final")
    assert [(pair.image.name, pair.mask.name) for pair in pairs] == [("a.png", "a.png"), ("a_mask.png", "a_mask.png")]


def test_a_label_is_no_drawing_because_its_image_is_called_like_one(tmp_path: Path) -> None:
    picture(tmp_path / "a_Annotation.png")
    (tmp_path / "labels/final").mkdir(parents=True)
    write_mask(tmp_path / "labels/final/a_Annotation.nrrd", head(), Geometry((ROWS, COLUMNS)))
    known = find_pairs(tmp_path, tmp_path / "labels/final")[0].load()
    assert known.annotated == ("BRAIN", "CSP", "LV")
    np.testing.assert_array_equal(known.truth, head())


def test_an_image_that_programs_show_turned_is_not_judged_by_what_was_drawn_on_it(tmp_path: Path) -> None:
    """What was drawn on the turned picture lies upside down on ours; a label of our own lies where it was drawn."""
    exif = Image.Exif()
    exif[274] = 3
    for folder in ("images", "study"):
        Image.open(picture(tmp_path / folder / "a.png")).save(tmp_path / folder / "a.png", exif=exif)
    mask(tmp_path / "masks/a.png")
    (turned,) = find_pairs(tmp_path / "images", tmp_path / "masks")
    with pytest.raises(ValueError, match=r"image a\.png: is shown turned by its EXIF or XMP orientation 3"):
        turned.load()
    mask(tmp_path / "study/labels/final/a.png")
    (pair,) = find_pairs(tmp_path / "study", tmp_path / "study/labels/final")
    np.testing.assert_array_equal(pair.load().truth, head())


def test_dicom_files_tell_whose_images_they_are(tmp_path: Path) -> None:
    picture(tmp_path / "images/c.png")
    for name in ("a", "b"):
        write_dicom(tmp_path / "images" / f"{name}.dcm", speckle(ROWS, COLUMNS))
        mask(tmp_path / "masks" / f"{name}.png")
    mask(tmp_path / "masks/c.png")
    a, b, c = (pair.patient for pair in find_pairs(tmp_path / "images", tmp_path / "masks"))
    assert a == b
    assert c == "c"


@pytest.mark.parametrize(
    "text",
    [
        "filename,pixel size(mm),head circumference (mm)\na.png,0.1,170.5\nb.png,0.1,n/a\n",
        "Head Circumference;File Name;Pixel in mm\n170,5;a.png;0,1\n;b.png;0,1\nshort\n",
    ],
)
def test_published_circumferences(tmp_path: Path, text: str) -> None:
    for name in ("a", "b"):
        picture(tmp_path / "images" / f"{name}.png")
        mask(tmp_path / "masks" / f"{name}.png")
    (tmp_path / "sizes.csv").write_text(text, encoding="utf-8-sig")
    pairs = find_pairs(tmp_path / "images", tmp_path / "masks", tmp_path / "sizes.csv")
    assert [(pair.spacing, pair.circumference) for pair in pairs] == [((0.1, 0.1), 170.5), ((0.1, 0.1), None)]


def broken_folders(root: Path) -> None:
    """Each folder lacks something else."""
    picture(root / "lonely/a.png")
    picture(root / "twice/a.png")
    write_picture(root / "twice/a.jpg", speckle(ROWS, COLUMNS))
    mask(root / "masks/a.png")
    mask(root / "two_masks/a.png")
    write_mask(root / "two_masks/a.nrrd", head(), Geometry((ROWS, COLUMNS)))
    (root / "empty").mkdir()
    (root / "other.csv").write_text("filename,pixel mm\nb.png,0.1\n")
    (root / "ages.csv").write_text("filename,age\na.png,3\n")


@pytest.mark.parametrize(
    ("images", "masks", "table", "sentence"),
    [
        ("nowhere", "masks", None, "there is no folder .*nowhere"),
        ("lonely", "nowhere", None, "there is no folder .*nowhere"),
        ("empty", "masks", None, "empty holds no image"),
        ("lonely", "empty", None, "a.png has no mask: none in .*empty is called a, a_Annotation, a_annotation, a_mask; add it"),
        ("lonely", "lonely", None, "a.png has no mask"),
        ("twice", "masks", None, "two images called a, a.jpg and a.png; keep one, or call a mask a_mask"),
        ("lonely", "two_masks", None, "a.png has two masks, a.nrrd and a.png, in .*; keep one"),
        ("lonely", "masks", "other.csv", "other.csv holds no pixel size of any image; .* such as a$"),
        ("lonely", "masks", "ages.csv", "ages.csv: no column holds a pixel size in mm"),
        ("lonely", "masks", "nowhere.csv", "there is no table of pixel sizes .*nowhere.csv"),
    ],
)
def test_folders_of_no_use(tmp_path: Path, images: str, masks: str, table: str | None, sentence: str) -> None:
    broken_folders(tmp_path)
    with pytest.raises(ValueError, match=sentence):
        find_pairs(tmp_path / images, tmp_path / masks, tmp_path / table if table else None)


def test_a_picture_in_which_there_are_greys_is_no_drawing(tmp_path: Path) -> None:
    """Such as a drawing whose edges a program has smoothed: it would be cut at 127, wherever that lies."""
    picture = speckle(60, 90)
    picture[0, 0], picture[-1, -1] = 255, 0
    path = write_picture(tmp_path / "a.png", picture)
    assert not is_truth(path)
    with pytest.raises(ValueError, match="the mask holds the value"):
        read_truth(path, picture.shape)
