from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from datasets.trees import FULL, SHAPE, VOC, hc18, head, outline, picture, plane, save, save_voc, write_coco
from fetal_head.datasets import Candidate, ImportReport, Skipped, import_dataset
from fetal_head.imaging import read_image, read_mask
from fetal_head.imaging.dicom_patient import read_patient
from fetal_head.store.study import StudyDatastore
from pictures import write_dicom, write_itk

HEAD = (head() > 0).astype(np.uint8)


@pytest.fixture
def ventricular(tmp_path: Path) -> Path:
    return plane(tmp_path / "Trans-ventricular", [f"Patient0000{i}_Plane3_1_of_1" for i in range(6)], FULL)


def test_one_bad_pair_stops_none_of_the_others(ventricular: Path, tmp_path: Path) -> None:
    images, masks = ventricular / "Trans-ventricular", next(ventricular.glob("*/SegmentationClass"))
    names = sorted(path.name for path in images.iterdir())
    (images / names[0]).write_bytes((images / names[0]).read_bytes()[:200])
    save_voc(masks / names[1], head().T, FULL)
    save_voc(masks / names[2], head(), VOC)
    (masks / names[3]).write_bytes(b"no picture")
    save_voc(masks / "Patient9.png", head(), FULL)
    report = import_dataset(ventricular, tmp_path / "study")
    assert report.images == 2
    assert [Path(s.file).name for s in report.skipped] == ["SegmentationClass", *names[:4]]
    reasons = [s.reason for s in report.skipped]
    assert reasons[0] == "Patient9 has no image"
    assert not reasons[1].startswith("annotation")
    assert reasons[2].startswith(f"annotation {names[1]}: the mask is transposed")
    assert reasons[3] == f"annotation {names[2]}: the colour 0,128,0 is not in labelmap.txt"
    assert reasons[4] == f"annotation {names[3]}: is no PNG"
    assert sorted(p.name for p in (tmp_path / "study").glob("*.png")) == names[4:]


def test_the_same_picture_twice_counts_once_however_often_it_is_imported(tmp_path: Path) -> None:
    root = hc18(tmp_path / "HC18", {"392_2HC": HEAD, "392_HC": HEAD})
    (root / "training_set/392_2HC.png").write_bytes((root / "training_set/392_HC.png").read_bytes())
    table = root / "training_set_pixel_size_and_HC.csv"
    table.write_text(table.read_text().replace("0.2", "0.1"))
    report = import_dataset(root, tmp_path / "study")
    twin = Skipped("training_set/392_2HC.png", "the same picture as 392_HC", redundant=True)
    assert (report.images, report.skipped) == (1, (twin,))
    again = import_dataset(root, tmp_path / "study")
    assert (again.images, again.skipped) == (0, (Skipped("training_set/392_HC.png", "already there", redundant=True), twin))


def test_of_two_equal_pictures_the_labelled_one_is_kept(tmp_path: Path) -> None:
    for stem in "ab":
        save(tmp_path / f"in/images/{stem}.png", picture(0))
    save(tmp_path / "in/masks/b.png", head())
    report = import_dataset(tmp_path / "in", tmp_path / "study")
    assert [row["image"] for row in report.rows] == ["b"]
    assert report.skipped == (Skipped("images/a.png", "the same picture as b", redundant=True),)
    np.testing.assert_array_equal(read_mask(tmp_path / "study/labels/final/b.nrrd"), head())


def test_equal_pictures_with_different_labels_are_not_redundant(tmp_path: Path) -> None:
    for stem, mask in (("a", head()), ("b", HEAD)):
        save(tmp_path / f"in/images/{stem}.png", picture(0))
        save(tmp_path / f"in/masks/{stem}.png", mask)
    report = import_dataset(tmp_path / "in", tmp_path / "study")
    reason = "the same picture as a, with another label; keep the label that is right, and take this picture out"
    assert report.skipped == (Skipped("images/b.png", reason),)


def test_a_pixel_size_that_is_not_taken_is_told(tmp_path: Path) -> None:
    """One that was put right, or comes after the pictures; and a twin of a picture that is there is none to be taken in."""
    for stem in "ab":
        save(tmp_path / f"in/images/{stem}.png", picture(0))
        save(tmp_path / f"in/masks/{stem}.png", head())
    table, studies = tmp_path / "in/pixel_size.csv", (tmp_path / "sized", tmp_path / "unsized")
    twin = Skipped("images/b.png", "the same picture as a", redundant=True)
    assert import_dataset(tmp_path / "in", studies[1]).skipped == (twin,)
    table.write_text("filename,pixel size (mm)\na.png,0.1\nb.png,0.1\n")
    assert import_dataset(tmp_path / "in", studies[0]).skipped == (twin,)
    table.write_text("filename,pixel size (mm)\na.png,0.2\nb.png,0.2\n")
    told = Skipped("images/a.png", "already there, but not with this pixel size; what is there stays")
    for study in studies:
        report = import_dataset(tmp_path / "in", study)
        assert (report.images, report.skipped) == (0, (told, twin))


@pytest.mark.parametrize(("first", "second"), [("0.1", "0.2"), ("", "0.2")])
def test_equal_pictures_with_different_pixel_sizes_are_not_redundant(tmp_path: Path, first: str, second: str) -> None:
    for stem in "ab":
        save(tmp_path / f"in/images/{stem}.png", picture(0))
        save(tmp_path / f"in/masks/{stem}.png", head())
    (tmp_path / "in/pixel_size.csv").write_text(f"filename,pixel size (mm)\na.png,{first}\nb.png,{second}\n")
    reason = "the same picture as a, with another pixel size; keep the pixel size that is right, and take this picture out"
    assert import_dataset(tmp_path / "in", tmp_path / "study").skipped == (Skipped("images/b.png", reason),)


def test_different_pictures_whose_names_become_one_are_not_redundant(tmp_path: Path) -> None:
    """A third one is no twin of the second, which was not taken in either."""
    for stem, seed in (("scan#1", 0), ("scan+1", 1), ("twin", 1)):
        save(tmp_path / f"in/images/{stem}.png", picture(seed))
        save(tmp_path / f"in/masks/{stem}.png", head())
    report = import_dataset(tmp_path / "in", tmp_path / "study")
    assert [row["image"] for row in report.rows] == ["scan_1", "twin"]
    assert report.skipped == (
        Skipped("images/scan+1.png", "another picture is already there as scan_1, and stays; this one needs another name"),
    )


def test_a_pixel_size_that_no_study_takes_keeps_none_from_being_opened(tmp_path: Path) -> None:
    """A NIfTI that says metre and means millimetre."""
    (tmp_path / "in/images").mkdir(parents=True)
    write_itk(tmp_path / "in/images/a.nii.gz", picture(0), (200.0, 200.0))
    save(tmp_path / "in/masks/a.png", head())
    save(tmp_path / "in/images/b.png", picture(1))
    report = import_dataset(tmp_path / "in", tmp_path / "study")
    assert [(s.file, s.reason[:38]) for s in report.skipped] == [("images/a.nii.gz", "it is said to have pixels of 200 mm; t")]
    assert set(StudyDatastore(str(tmp_path / "study")).list_images()) == {"b"}


@pytest.mark.parametrize(("encoding", "comma"), [("utf-8", ";"), ("utf-8-sig", ","), ("utf-8-sig", ";")])
def test_a_summary_that_a_spreadsheet_saved_keeps_its_rows(tmp_path: Path, encoding: str, comma: str) -> None:
    for seed, part in enumerate(("one", "two")):
        save(tmp_path / part / f"images/{part}.png", picture(seed))
        save(tmp_path / part / f"masks/{part}.png", head())
    import_dataset(tmp_path / "one", tmp_path / "study")
    summary = tmp_path / "study/summary.csv"
    before = summary.read_text()
    summary.write_text(before.replace(",", comma), encoding=encoding)
    import_dataset(tmp_path / "two", tmp_path / "study")
    assert summary.read_text().splitlines()[:2] == before.splitlines()


@pytest.mark.parametrize("change", [lambda text: text.encode("utf-16"), lambda text: text.encode().replace(b"one", b"\xfc")])
def test_one_that_cannot_be_read_any_more_leaves_no_image_without_its_label(tmp_path: Path, change) -> None:
    for seed, part in enumerate(("one", "two")):
        save(tmp_path / part / f"images/{part}.png", picture(seed))
        save(tmp_path / part / f"masks/{part}.png", head())
    import_dataset(tmp_path / "one", tmp_path / "study")
    summary = tmp_path / "study/summary.csv"
    summary.write_bytes(change(summary.read_text()))
    with pytest.raises(ValueError, match=r"summary\.csv is no table of an import any more: move it away"):
        import_dataset(tmp_path / "two", tmp_path / "study")
    assert not (tmp_path / "study/two.png").exists()
    summary.unlink()
    assert import_dataset(tmp_path / "two", tmp_path / "study").images == 1
    np.testing.assert_array_equal(read_mask(tmp_path / "study/labels/final/two.nrrd"), head())


def test_a_name_that_is_not_in_utf_8_is_no_hindrance(tmp_path: Path) -> None:
    """As archives made by Windows leave them."""
    for folder, pixels in (("images", picture(0)), ("masks", head())):
        file = save(tmp_path / f"in/{folder}/a.png", pixels)
        file.rename(file.with_name(os.fsdecode("Müller.png".encode("latin-1"))))
    (tmp_path / "in/pixel_size.csv").write_text("filename,mm per pixel\nMüller.png,0.1\n", encoding="latin-1")
    (row,) = import_dataset(tmp_path / "in", tmp_path / "study").rows
    assert (row["image"], row["row_mm"], row["source"]) == ("M_ller", 0.1, "images/M\N{REPLACEMENT CHARACTER}ller.png")
    np.testing.assert_array_equal(read_mask(tmp_path / "study/labels/final/M_ller.nrrd"), head())


def test_a_patient_who_is_not_taken_is_told(tmp_path: Path) -> None:
    """Whoever imports again what a file now says of its patient must not believe that the study has it."""
    save(tmp_path / "in/images/a.png", picture(0))
    save(tmp_path / "in/masks/a.png", head())
    import_dataset(tmp_path / "in", tmp_path / "study")
    assert import_dataset(tmp_path / "in", tmp_path / "study").skipped[0].redundant
    write_dicom(tmp_path / "in/images/a.dcm", picture(0))
    (tmp_path / "in/images/a.png").unlink()
    (skipped,) = import_dataset(tmp_path / "in", tmp_path / "study").skipped
    assert skipped == Skipped("images/a.dcm", "already there, but as an image of another patient; what is there stays")


@pytest.mark.parametrize("kind", ["masks", "coco"])
def test_dicom_files_tell_whose_images_they_are(tmp_path: Path, kind: str) -> None:
    (tmp_path / "in/images").mkdir(parents=True)
    for seed, stem in enumerate(["first", "second", "000_HC"]):
        write_dicom(tmp_path / f"in/images/{stem}.dcm", picture(seed))
    save(tmp_path / "in/images/010_2HC.png", picture(3))
    if kind == "masks":
        save(tmp_path / "in/masks/first.png", head())
    else:
        write_coco(tmp_path / "in/a.json", "first")
    report = import_dataset(tmp_path / "in", tmp_path / "study")
    patients = {str(row["image"]): str(row["patient"]) for row in report.rows}
    assert patients["first"] == patients["second"] == patients["000_HC"] == read_patient(tmp_path / "in/images/first.dcm")
    assert patients["010_2HC"] == "HC18-010"


def test_two_data_sets_in_one_study_share_their_patients(tmp_path: Path) -> None:
    study = tmp_path / "study"
    import_dataset(hc18(tmp_path / "HC18", {"000_HC": HEAD}), study)
    diverse = plane(tmp_path / "Diverse", ["000_HC"], FULL, images="Orginal_train_images_to_959_661", shape=(661, 959))
    report = import_dataset(diverse, study)
    assert report.rows[0]["row_mm"] == pytest.approx(0.2 * 540 / 661)
    rows = list(csv.DictReader((study / "summary.csv").open()))
    assert [(row["image"], row["patient"]) for row in rows] == [("000_HC", "HC18-000"), ("diverse_000_HC", "HC18-000")]


def test_progress_sees_every_image(ventricular: Path, tmp_path: Path) -> None:
    seen: list[str] = []

    def progress(candidates: Sequence[Candidate]) -> Iterable[Candidate]:
        assert len(candidates) == 6
        for candidate in candidates:
            seen.append(candidate.id)
            yield candidate

    assert import_dataset(ventricular, tmp_path / "study", progress=progress).images == len(seen) == 6


def test_an_image_that_somebody_puts_there_meanwhile_is_told(tmp_path: Path) -> None:
    """It stays, and whoever imported another one of its name, with a label, must not believe that the study has that."""
    for seed, stem in enumerate("ab"):
        save(tmp_path / f"in/images/{stem}.png", picture(seed))
        save(tmp_path / f"in/masks/{stem}.png", head())

    def progress(candidates: Sequence[Candidate]) -> Iterable[Candidate]:
        yield from candidates
        save(tmp_path / "study/b.png", picture(9))

    report = import_dataset(tmp_path / "in", tmp_path / "study", progress=progress)
    reason = "a file called b was put into the study meanwhile, and stays; import again to learn whether this is the same"
    assert (report.images, report.skipped) == (1, (Skipped("images/b.png", reason),))
    np.testing.assert_array_equal(read_image(tmp_path / "study/b.png")[0], picture(9))


def test_a_label_that_somebody_puts_there_meanwhile_is_told(tmp_path: Path) -> None:
    save(tmp_path / "in/images/a.png", picture(0))
    save(tmp_path / "in/masks/a.png", head())

    def progress(candidates: Sequence[Candidate]) -> Iterable[Candidate]:
        yield from candidates
        save(tmp_path / "study/labels/final/a.png", head(brain=False))

    report = import_dataset(tmp_path / "in", tmp_path / "study", progress=progress)
    assert (report.images, [skipped.file for skipped in report.skipped]) == (0, ["images/a.png"])
    assert [path.name for path in (tmp_path / "study/labels/final").iterdir()] == ["a.png"]
    assert (tmp_path / "study/a.png").exists()


def test_deep_images_stay_deep_and_colours_become_grey(tmp_path: Path) -> None:
    deep = np.random.default_rng(0).integers(0, 4096, SHAPE).astype(np.uint16)
    save(tmp_path / "in/images/deep.png", deep)
    save(tmp_path / "in/images/rgb.png", np.repeat(picture(1)[..., None], 3, axis=2))
    save(tmp_path / "in/masks/rgb.png", head())
    import_dataset(tmp_path / "in", tmp_path / "out")
    np.testing.assert_array_equal(read_image(tmp_path / "out/deep.png")[0], deep)
    with Image.open(tmp_path / "out/rgb.png") as image:
        assert image.mode == "L"
        np.testing.assert_array_equal(np.asarray(image), picture(1))


@pytest.mark.parametrize("kind", ["absent", "file", "empty", "instances", "full"])
def test_nothing_is_written_for_what_is_refused(ventricular: Path, tmp_path: Path, kind: str) -> None:
    (tmp_path / "empty").mkdir()
    source, message = {
        "absent": (tmp_path / "absent", "is no folder"),
        "file": (next(ventricular.glob("*.csv")), "is no folder; unpack an archive first"),
        "empty": (tmp_path / "empty", "holds no data set that is recognised: HC18"),
        "instances": (next(ventricular.glob("*/SegmentationObject")), "give SegmentationClass"),
        "full": (ventricular, "is not empty"),
    }[kind]
    to = tmp_path / "study"
    if kind == "full":
        save(to / "holiday.png", picture(0))
    with pytest.raises(ValueError, match=message):
        import_dataset(source, to)
    assert to.exists() == (kind == "full")


def test_monai_label_opens_the_study_and_changes_nothing(ventricular: Path, tmp_path: Path) -> None:
    local = pytest.importorskip("monailabel.datastore.local")
    next(ventricular.glob("*/SegmentationClass/Patient00005*")).unlink()
    report = import_dataset(ventricular, tmp_path / "study")
    before = (tmp_path / "study/datastore_v2.json").read_text()
    datastore = local.LocalDatastore(str(tmp_path / "study"), extensions=["*.png", "*.nrrd", "*.nii.gz"])
    assert datastore.list_images() == [row["image"] for row in report.rows]
    assert datastore.get_unlabeled_images() == ["Patient00005_Plane3_1_of_1"]
    first = report.rows[0]["image"]
    info = datastore.get_image_info(first)
    assert (info["patient"], info["plane"], info["spacing"]) == ("Patient00000", "trans-ventricular", [0.2, 0.2])
    assert datastore.get_label_info(first, "final")["annotated"] == ["BRAIN", "CSP", "LV"]
    np.testing.assert_array_equal(read_mask(datastore.get_label_uri(first, "final")), head())
    assert (tmp_path / "study/datastore_v2.json").read_text() == before


@pytest.fixture(scope="module")
def heads(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, ImportReport]:
    """A part of HC18 whose filled heads were made outlines again, as published, and its import."""
    published, study = tmp_path_factory.mktemp("published"), tmp_path_factory.mktemp("work") / "study"
    images = sorted((real_data / "hc18/training_set").glob("*HC.png"))[::50]
    stems = [*(image.stem for image in images), "392_2HC", "392_HC"]
    for stem in stems:
        (published / "training_set").mkdir(exist_ok=True)
        (published / f"training_set/{stem}.png").symlink_to((real_data / f"hc18/training_set/{stem}.png").resolve())
        mask = read_image(real_data / f"hc18/training_set/{stem}_Annotation.png")[0] > 127
        save(published / f"training_set/{stem}_Annotation.png", outline(mask.astype(np.uint8)))
    table = "training_set_pixel_size_and_HC.csv"
    (published / table).symlink_to((real_data / "hc18" / table).resolve())
    return published, study, import_dataset(published, study)


def test_real_outlines_are_filled_to_the_published_heads(heads: tuple[Path, Path, ImportReport], real_data: Path) -> None:
    _, study, report = heads
    assert [s.reason for s in report.skipped] == ["the same picture as 392_HC"]
    assert report.images == 15
    for row in report.rows:
        theirs = read_image(real_data / f"hc18/training_set/{row['image']}_Annotation.png")[0] > 127
        ours = read_mask(study / f"labels/final/{row['image']}.nrrd") == 1
        on_border = theirs[0].any() or theirs[-1].any() or theirs[:, 0].any() or theirs[:, -1].any()
        assert on_border or np.array_equal(ours, theirs), row["image"]


def test_real_heads_measure_half_a_line_more_than_the_published_circumference(heads: tuple[Path, Path, ImportReport]) -> None:
    published, study, report = heads
    with (published / "training_set_pixel_size_and_HC.csv").open() as file:
        circumference = {r["filename"].removesuffix(".png"): float(r["head circumference (mm)"]) for r in csv.DictReader(file)}
    for row in report.rows:
        spacing = float(row["row_mm"] or 0)
        a, b = semi_axes(read_mask(study / f"labels/final/{row['image']}.nrrd") == 1)
        h = ((a - b) / (a + b)) ** 2
        perimeter = np.pi * (a + b) * (1 + 3 * h / (10 + np.sqrt(4 - 3 * h)))
        wider = (perimeter - circumference[str(row["image"])] / spacing) / (2 * np.pi)
        assert wider == pytest.approx(1.4, abs=0.35), row["image"]


def semi_axes(mask: np.ndarray) -> np.ndarray:
    """Of the ellipse with the region's second moments, in pixels."""
    moments = np.cov(np.argwhere(mask).T, bias=True) + np.eye(2) / 12
    return 2 * np.sqrt(np.linalg.eigvalsh(moments))


def test_real_pairs(real_data: Path, tmp_path: Path) -> None:
    for image in sorted((real_data / "biometry_tv/images").iterdir())[:6]:
        for folder in ("images", "masks"):
            (tmp_path / "in" / folder).mkdir(parents=True, exist_ok=True)
            (tmp_path / "in" / folder / image.name).symlink_to((real_data / "biometry_tv" / folder / image.name).resolve())
    report = import_dataset(tmp_path / "in", tmp_path / "study")
    assert (report.images, report.skipped) == (6, ())
    for row in report.rows:
        theirs = read_mask(real_data / f"biometry_tv/masks/{row['image']}.png")
        np.testing.assert_array_equal(read_mask(tmp_path / f"study/labels/final/{row['image']}.nrrd"), theirs)
        assert ("BRAIN" in str(row["annotated"])) == bool((theirs == 1).any())
