"""The command line as people and scripts use it."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from collections.abc import Iterable, Iterator
from importlib import metadata
from pathlib import Path

import numpy as np
import pytest
from command import Run
from numpy.testing import assert_array_equal
from PIL import Image

from fetal_head.config import load_settings
from fetal_head.datasets import import_dataset
from fetal_head.datasets.pixel_size import read_pixel_sizes
from fetal_head.imaging import read_image, read_mask
from fetal_head.store.study import StudyDatastore
from pictures import speckle, three_structures, write_itk, write_picture
from ultrasound import FRAMES, written


def test_it_is_installed() -> None:
    script = Path(sys.executable).with_name("fetal-head")
    done = subprocess.run([script, "--help"], capture_output=True, text=True, check=True, timeout=120)
    assert "phantom" in done.stdout


def test_it_tells_its_version(run: Run) -> None:
    assert run("--version").stdout.strip() == metadata.version("fetal-head")


def test_help_waits_for_nothing_that_only_a_command_needs() -> None:
    command = [sys.executable, "-c", "import sys, fetal_head.cli; print(*sys.modules)"]
    loaded = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout.split()
    assert not {"SimpleITK", "fastapi", "monailabel", "scipy", "sqlalchemy", "torch"} & set(loaded)


COMMANDS = (
    *("serve", "phantom", "import", "predict", "train", "evaluate", "experiment augmentation", "experiment network"),
    *("models list", "models show", "models publish", "models rollback"),
)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_an_example(run: Run, command: str) -> None:
    assert f"Example: fetal-head {command}" in run(*command.split(), "--help").stdout


def test_phantoms_are_a_study_and_the_same_for_the_same_seed(run: Run, tmp_path: Path) -> None:
    run("phantom", "--count", 3, "--to", tmp_path / "a", "--seed", 5)
    run("phantom", "--count", 3, "--to", tmp_path / "b", "--seed", 5)
    run("phantom", "--count", 2, "--to", tmp_path / "b", "--seed", 6, "--no-labels")
    for name in sorted(path.name for path in (tmp_path / "a").glob("*.png")):
        assert_array_equal(read_image(tmp_path / "a" / name)[0], read_image(tmp_path / "b" / name)[0])
    assert len(list((tmp_path / "b").glob("*.png"))) == 5
    assert len(list((tmp_path / "b" / "labels" / "final").glob("*.nrrd"))) == 3
    again = run("phantom", "--count", 2, "--to", tmp_path / "b", "--seed", 6, status=1)
    assert "already holds phantoms of seed 6" in again.stderr


def test_import_tells_what_it_skipped(run: Run, tmp_path: Path) -> None:
    for folder in ("images", "masks"):
        (tmp_path / "source" / folder).mkdir(parents=True)
    for name in ("good", "bad"):
        write_picture(tmp_path / "source" / "images" / f"{name}.png", speckle(60, 90, seed=len(name)))
    write_picture(tmp_path / "source" / "masks" / "good.png", three_structures(60, 90))
    write_picture(tmp_path / "source" / "masks" / "bad.png", three_structures(90, 60))
    done = run("import", tmp_path / "source", "--to", tmp_path / "study", "--json", status=1)
    report = json.loads(done.stdout)
    assert report["images"] == 1
    assert [Path(s["file"]).name for s in report["skipped"]] == ["bad.png"]
    assert "transposed" in done.stderr
    assert_array_equal(read_mask(tmp_path / "study" / "labels" / "final" / "good.nrrd"), three_structures(60, 90))
    (tmp_path / "source" / "images" / "bad.png").unlink()
    (tmp_path / "source" / "masks" / "bad.png").unlink()
    again = run("import", tmp_path / "source", "--to", tmp_path / "study").stderr
    assert "0 images were added to" in again
    assert "lists all that are there" in again
    assert (
        "no data set that is recognised" in run("import", tmp_path / "study" / "labels", "--to", tmp_path / "x", status=1).stderr
    )
    assert not (tmp_path / "x").exists()


def test_import_takes_all_frames_of_a_loop_where_they_are_asked_for(run: Run, tmp_path: Path) -> None:
    (tmp_path / "flat").mkdir()
    (tmp_path / "source/SE1").mkdir(parents=True)
    written(tmp_path / "flat")["loop"].rename(tmp_path / "source/SE1/IM1")
    assert "1 images were added to" in run("import", tmp_path / "source", "--to", tmp_path / "study").stderr
    told = run("import", tmp_path / "source", "--to", tmp_path / "study", "--all-frames").stderr
    assert f"{FRAMES - 1} images were added to" in told


def test_import_tells_of_images_that_came_in_of_one_that_was_killed(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for kind, pixels in (("images", speckle(60, 90)), ("masks", three_structures(60, 90))):
        (tmp_path / "source" / kind).mkdir(parents=True)
        write_picture(tmp_path / "source" / kind / "a.png", pixels)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("fetal_head.datasets.entering._complete", killed)
        with pytest.raises(KeyboardInterrupt):
            import_dataset(tmp_path / "source", tmp_path / "study")
    done = run("import", tmp_path / "source", "--to", tmp_path / "study", "--json")
    assert "1 images of an earlier import, which was broken off, were added to" in done.stderr
    assert {key: json.loads(done.stdout)[key] for key in ("images", "completed")} == {"images": 0, "completed": 1}
    again = run("import", tmp_path / "source", "--to", tmp_path / "study").stderr
    assert "broken off" not in again


def test_predict_writes_masks_overlays_and_a_table(run: Run, tmp_path: Path) -> None:
    images = [write_picture(tmp_path / "a.png", speckle(60, 90)), write_itk(tmp_path / "b.nrrd", speckle(60, 90), (0.2, 0.3))]
    (tmp_path / "c.png").write_text("no image")
    done = run("predict", *images, tmp_path / "c.png", "--to", tmp_path / "out", "--overlay", "--json", status=1)
    assert "c.png" in done.stderr
    rows = json.loads(done.stdout)
    assert [(row["image"], row["unit"], row["model"]) for row in rows] == [("a", "px", "shipped"), ("b", "mm", "shipped")]
    with (tmp_path / "out" / "predictions.csv").open() as file:
        assert [row["image"] for row in csv.DictReader(file)] == ["a", "b"]
    for name in ("a", "b"):
        assert read_mask(tmp_path / "out" / f"{name}.nrrd").shape == (60, 90)
        assert np.asarray(Image.open(tmp_path / "out" / f"{name}_overlay.png")).shape == (60, 90, 3)
    run("predict", images[0], "--to", tmp_path / "out")
    assert [path.name for path in (tmp_path / "out").glob("*_overlay.png")] == ["b_overlay.png"], "a's shows an older mask"


def test_the_table_of_predictions_keeps_the_rows_of_the_masks_that_are_there(run: Run, tmp_path: Path) -> None:
    first, second = (write_picture(tmp_path / f"{name}.png", speckle(60, 90)) for name in "ab")
    table = tmp_path / "out" / "predictions.csv"
    run("predict", first, "--to", tmp_path / "out")
    before = table.read_text()
    run("predict", second, "--to", tmp_path / "out")
    assert table.read_text().startswith(before)
    run("predict", first, "--to", tmp_path / "out", "--pixel-size", 0.1, 0.1)
    with table.open() as file:
        assert [(row["image"], row["unit"]) for row in csv.DictReader(file)] == [("b", "px"), ("a", "mm")]
    for mine in ("my,own\n1,2\n", "image\na,b\n", "image\n\xe4\n"):
        table.write_text(mine, encoding="latin-1")
        assert "is no table of predictions" in run("predict", first, "--to", tmp_path / "out", status=1).stderr
        assert table.read_text(encoding="latin-1") == mine


def test_predict_knows_the_pixel_sizes_of_a_study(run: Run, tmp_path: Path) -> None:
    run("phantom", "--count", 1, "--to", tmp_path / "study", "--seed", 6)
    (known,) = (tmp_path / "study").glob("*.png")
    beside = write_picture(tmp_path / "study" / "beside.png", speckle(60, 90))
    (spacing,) = read_pixel_sizes(tmp_path / "study" / "summary.csv").values()
    alone = write_itk(tmp_path / "alone.nrrd", read_image(known)[0], spacing.spacing)
    rows = json.loads(run("predict", known, beside, alone, "--to", tmp_path / "out", "--pixel-size", 1, 2, "--json").stdout)
    assert [row["unit"] for row in rows] == ["mm", "mm", "mm"]
    assert rows[0]["hc"] == pytest.approx(rows[2]["hc"])
    rows = json.loads(run("predict", known, beside, "--to", tmp_path / "out", "--json").stdout)
    assert [row["unit"] for row in rows] == ["mm", "px"]


def test_predict_takes_over_no_pixel_size_of_another_file(run: Run, tmp_path: Path) -> None:
    run("phantom", "--count", 1, "--to", tmp_path / "study", "--seed", 6)
    (picture,) = (tmp_path / "study").glob("*.png")
    before = sorted(tmp_path.rglob("*"))
    enlarged = Image.open(picture).resize((1438, 991), Image.Resampling.BILINEAR)
    enlarged.save(picture)
    (row,) = json.loads(run("predict", picture, "--to", tmp_path / "out", "--json").stdout)
    assert row["unit"] == "px"
    # a folder that was never served stays as it is
    assert sorted(path for path in tmp_path.rglob("*") if "out" not in path.parts) == before


def test_predict_measures_no_image_by_the_pixel_size_of_the_one_before(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that was replaced while those before it in the list were predicted; those are kept."""
    run("phantom", "--count", 2, "--to", tmp_path / "study", "--seed", 6)
    first, second = sorted((tmp_path / "study").glob("*.png"))

    def meanwhile(images: Iterable[Path], **_: object) -> Iterator[Path]:
        yield first
        write_picture(second, speckle(661, 959))
        yield second

    with monkeypatch.context() as patch:
        patch.setattr("fetal_head.cli.predict.progress", meanwhile)
        done = run("predict", first, second, "--to", tmp_path / "out", "--json", status=1)
    assert [(row["image"], row["unit"]) for row in json.loads(done.stdout)] == [(first.stem, "mm")]
    assert f"skipped {second.name} was replaced after its study was asked what it knows of it; try again" in done.stderr
    (row,) = json.loads(run("predict", second, "--to", tmp_path / "out", "--json").stdout)
    assert row["unit"] == "px"


def test_predict_knows_a_pixel_size_that_was_corrected_in_the_server(run: Run, tmp_path: Path) -> None:
    run("phantom", "--count", 1, "--to", tmp_path / "study", "--seed", 6)
    (picture,) = (tmp_path / "study").glob("*.png")
    (imported,) = read_pixel_sizes(tmp_path / "study" / "summary.csv").values()
    (first,) = json.loads(run("predict", picture, "--to", tmp_path / "out", "--json").stdout)
    study = StudyDatastore(str(tmp_path / "study"), load_settings().store)
    study.update_image_info(picture.stem, {"spacing": [2 * length for length in imported.spacing]})
    (second,) = json.loads(run("predict", picture, "--to", tmp_path / "out", "--json").stdout)
    assert second["hc"] == pytest.approx(2 * first["hc"])


def test_masks_are_not_written_where_images_are(run: Run, tmp_path: Path) -> None:
    image = write_itk(tmp_path / "a.nrrd", speckle(60, 90), (0.2, 0.3))
    picture = write_picture(tmp_path / "b.png", speckle(60, 90))
    before = image.read_bytes()
    for path in (image, picture):
        assert f"{tmp_path} holds images" in run("predict", path, "--to", tmp_path, status=1).stderr
    assert image.read_bytes() == before
    assert {path.name for path in tmp_path.iterdir()} == {"a.nrrd", "b.png"}


def test_files_that_are_named_by_a_uid_without_an_ending_are_told_apart(run: Run, tmp_path: Path) -> None:
    images = [tmp_path / f"1.2.840.{number}" for number in (1, 2)]
    for image in images:
        write_picture(tmp_path / "picture.png", speckle(60, 90)).rename(image)
    rows = json.loads(run("predict", *images, "--to", tmp_path / "out", "--json").stdout)
    assert [row["image"] for row in rows] == ["1.2.840.1", "1.2.840.2"]
    assert {path.name for path in (tmp_path / "out").glob("*.nrrd")} == {"1.2.840.1.nrrd", "1.2.840.2.nrrd"}


def test_predict_of_what_is_no_image_says_that_there_is_nothing(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_text("no image")
    done = run("predict", tmp_path / "a.png", "--to", tmp_path / "out", status=1)
    assert "predictions.csv" not in done.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["predict", "x.png", "--to", "o", "--model", "v9"], "no model version is called 'v9'"),
        (["predict", "x.png", "--to", "o", "--conf", "treshold", "0.4"], "did you mean 'threshold'?"),
        (["predict", "x.png", "--to", "o", "--pixel-size", "-1", "2"], "pixels of -1 mm"),
        (["predict", "x.png", "--to", "o", "--pixel-size", "nan", "0.2"], "pixels of nan mm"),
        (["predict", "x.png", "--to", "o", "--weeks", "400"], "--weeks must be the age in weeks, less than 50, not 400"),
        (["predict", "x.png", "--to", "o", "--conf=threshold"], "--conf takes KEY=VALUE or KEY VALUE, not 'threshold'"),
        (["predict", "x.png", "--to", "o", "--conf", "threshold"], "--conf takes KEY=VALUE or KEY VALUE, not 'threshold'"),
        (["predict", "x.png", "--to", "o", "--conf"], "--conf takes KEY=VALUE or KEY VALUE, not ''"),
        (["predict", "x.png", "--to", "o", "--conf", "channels", "[16, 32"], "the setting 'channels' cannot be read"),
        (["train", "--studies", "nowhere"], "no study folder"),
        (["serve", "--studies", ".", "--conf", "max_epoch", "3"], "did you mean 'max_epochs'?"),
        (["serve", "--studies", "nowhere"], "no study folder"),
        (["serve", "--studies", "http:///dicom-web"], "named by the address of its DICOMweb"),
        (["serve", "--studies", "https://ann:secret@pacs/dicom-web"], "would be in every log"),
        (["import", "nowhere", "--to", "o"], "no folder"),
        (["import", ".", "--to", "o"], "images alone need no import, serve their folder"),
        (["predict", ".", "--to", "o"], "is a folder; name the images in it"),
    ],
)
def test_bad_input_is_one_sentence(run: Run, arguments: list[str], sentence: str) -> None:
    done = run(*arguments, status=1)
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "command",
    [
        ["predict", "x.png", "--to"],
        ["experiment", "augmentation", "--studies", ".", "--to"],
        ["simulate", "--pool", "p", "--test", "t", "--strategies", "random", "--budgets", "1", "--to"],
        ["export", "--studies", ".", "--format", "png", "--to"],
        ["store", "backup", "--studies", "."],
        ["store", "restore-backup", "b", "--to"],
        ["models", "list", "--app"],
    ],
)
def test_a_file_is_no_folder(run: Run, tmp_path: Path, command: list[str]) -> None:
    (tmp_path / "file").write_text("mine")
    assert "'file' is a file" in run(*command, "file", status=2).stderr
    assert (tmp_path / "file").read_text() == "mine"
    assert {path.name for path in tmp_path.iterdir()} == {"file"}


def test_what_the_system_refuses_is_a_sentence(run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    image = write_picture(tmp_path / "a.png", speckle(60, 90))
    assert run("predict", image, "--to", "file/sub", status=1).stderr.endswith("fetal-head: file/sub: Not a directory\n")


@pytest.mark.parametrize("command", [["phantom", "--count", "1"], ["import", "source"]])
def test_an_address_is_no_folder_to_write_to(run: Run, tmp_path: Path, command: list[str]) -> None:
    refused = run(*command, "--to", "http://pacs/dicom-web", status=1).stderr
    assert "http:/pacs/dicom-web is an address: name a folder of this computer" in refused
    assert not [*tmp_path.iterdir()]


def test_square_brackets_are_letters(run: Run, tmp_path: Path) -> None:
    made, taken = tmp_path / "[" / "tmp]", tmp_path / "[bold]"
    assert f"1 phantoms were added to {made}" in run("phantom", "--count", 1, "--to", made).stderr
    for kind, pixels in (("images", speckle(60, 90)), ("masks", three_structures(60, 90))):
        (tmp_path / "source" / kind).mkdir(parents=True)
        write_picture(tmp_path / "source" / kind / "a.png", pixels)
    assert f"1 images were added to {taken}" in run("import", tmp_path / "source", "--to", taken).stderr


def test_a_sentence_is_one_line_however_narrow_the_terminal(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    assert len(run("train", "--studies", "nowhere" * 10, status=1).stderr.splitlines()) == 1


def test_models_list(run: Run) -> None:
    versions = json.loads(run("models", "list", "--json").stdout)
    assert [(version["version"], version["served"]) for version in versions] == [("shipped", True)]
    assert "shipped" in run("models", "list").stdout


def test_train_keeps_a_version_that_predict_can_use(run: Run, tmp_path: Path) -> None:
    run("phantom", "--count", 4, "--to", tmp_path / "study")
    quick = ["--conf", "batches_per_epoch", "1", "--conf", "batch_size", "1"]
    trained = json.loads(run("train", "--studies", tmp_path / "study", "--epochs", 1, *quick, "--json").stdout)
    assert trained["version"] == "v0001"
    assert trained["published"] == (trained["verdict"]["overall"]["mean"] > 0)
    image = next((tmp_path / "study").glob("*.png"))
    served = "v0001" if trained["published"] else "shipped"
    for model, version in ((["--model", "v0001"], "v0001"), ([], served)):
        rows = json.loads(run("predict", image, "--to", tmp_path / "out", *model, "--json").stdout)
        assert rows[0]["model"] == version
