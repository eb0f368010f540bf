"""`fetal-head evaluate` as people and scripts use it, with the model that ships."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from command import Run

from fetal_head.datasets.case import Case
from fetal_head.datasets.study import StudyWriter
from fetal_head.model.network import Architecture
from fetal_head.model.registry import Registry
from fetal_head.model.weights import Description
from fetal_head.phantom import phantom
from pictures import speckle, three_structures, write_itk, write_picture
from small_labels import small_settings


@pytest.fixture
def phantoms(tmp_path: Path) -> Path:
    """Two phantoms that know their pixel size, with masks beside them, `NAME_mask.png`."""
    folder = tmp_path / "phantoms"
    folder.mkdir()
    for seed in (1, 2):
        drawn = phantom(seed)
        write_itk(folder / f"phantom-{seed}.nrrd", drawn.image, drawn.spacing)
        write_picture(folder / f"phantom-{seed}_mask.png", drawn.mask)
    return folder


@pytest.mark.slow
def test_the_shipped_model_on_phantoms(run: Run, phantoms: Path, tmp_path: Path) -> None:
    arguments = ("evaluate", "--images", phantoms, "--masks", phantoms, "--to", tmp_path / "report", "--classes", "head,lv")
    done = run(*arguments, "--json")
    metrics = json.loads(done.stdout)
    assert metrics == json.loads((tmp_path / "report" / "metrics.json").read_text())
    assert (metrics["model"], metrics["images"], metrics["classes"]) == ("shipped", 2, ["BRAIN", "LV"])
    brain = metrics["structures"]["BRAIN"]
    assert 0.8 < brain["dice"]["low"] <= brain["dice"]["mean"] <= brain["dice"]["high"] < 1
    assert 0.8 < metrics["network_size"]["BRAIN"]["dice"]["mean"] < 1
    assert 0 < brain["hd95_mm"]["mean"] < brain["hd95"]["mean"]
    assert metrics["biometry"]["hc_mm"]["n"] == 2
    command = f"fetal-head evaluate --images {phantoms} --masks {phantoms} --to {tmp_path / 'report'} --classes head,lv --json"
    assert metrics["command"] == command
    assert command in (tmp_path / "report" / "report.html").read_text()
    assert len((tmp_path / "report" / "per_image.csv").read_text().splitlines()) == 3
    assert str(tmp_path / "report") in done.stderr.replace("\n", "")


@pytest.mark.slow
def test_without_json_it_prints_a_table(run: Run, phantoms: Path, tmp_path: Path) -> None:
    printed = run("evaluate", "--images", phantoms, "--masks", phantoms, "--to", tmp_path / "report").stdout
    dice = json.loads((tmp_path / "report" / "metrics.json").read_text())["structures"]["BRAIN"]["dice"]
    (line,) = [line for line in printed.splitlines() if "BRAIN" in line]
    assert f"{dice['mean']:.3f}" in line
    assert f"{dice['low']:.3f} to {dice['high']:.3f}" in line


def test_it_knows_the_pixel_sizes_of_a_study(run: Run, tmp_path: Path) -> None:
    run("phantom", "--count", 1, "--to", tmp_path / "study", "--seed", 6)
    masks = tmp_path / "study" / "labels" / "final"
    arguments = ("evaluate", "--images", tmp_path / "study", "--masks", masks, "--to", tmp_path / "report", "--json")
    own = json.loads(run(*arguments).stdout)["biometry"]
    assert own["hc_mm"]["n"] == 1
    assert own == json.loads(run(*arguments, "--pixel-size", tmp_path / "study" / "summary.csv").stdout)["biometry"]


def test_it_warns_of_patients_whom_the_model_has_learned_from(run: Run, phantoms: Path, tmp_path: Path) -> None:
    architecture = Architecture.of(small_settings().model)
    registry = Registry.of_app(tmp_path / "app")
    for patient in ("phantom-2", "somebody"):
        registry.add(architecture.build(), Description(architecture, training={"patients": [patient]}))
    arguments = ("evaluate", "--images", phantoms, "--masks", phantoms, "--to", tmp_path / "report", "--json", "--model")
    known, unknown = run(*arguments, "v0001"), run(*arguments, "v0002")
    assert [json.loads(done.stdout)["learned_from"] for done in (known, unknown)] == [1, 0]
    assert "has learned from the patients of 1 of the 2 images" in known.stderr
    assert "learned" not in unknown.stderr


def test_it_knows_the_patients_of_a_study_and_what_its_labels_speak_of(run: Run, tmp_path: Path) -> None:
    drawn = phantom(6)
    with StudyWriter(tmp_path / "study") as study:
        study.add(Case("a", drawn.image, (drawn.mask > 0).astype(np.uint8), ("BRAIN",), patient="ann"))
    architecture = Architecture.of(small_settings().model)
    registry = Registry.of_app(tmp_path / "app")
    registry.add(architecture.build(), Description(architecture, training={"patients": ["ann"]}))
    arguments = ("--images", "study", "--masks", "study/labels/final", "--to", "report", "--json", "--model", "v0001")
    metrics = json.loads(run("evaluate", *arguments).stdout)
    assert metrics["learned_from"] == 1
    assert [metrics["structures"][name]["absent"] for name in ("CSP", "LV")] == [0, 0]


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"--images": "nowhere"}, "there is no folder nowhere"),
        ({"--masks": "nowhere"}, "there is no folder nowhere"),
        ({"--masks": "unmarked"}, "a.png has no mask"),
        ({"--masks": "turned"}, "mask a.png: the mask is transposed"),
        ({"--images": "damaged"}, "image a.png: is no PNG"),
        ({"--classes": "BRAIN,SKUL"}, "no structure is called SKUL; there are BRAIN, CSP, LV"),
        ({"--classes": ","}, "--classes names no structure"),
        ({"--model": "v9"}, "no model version is called 'v9'"),
        ({"--pixel-size": "nowhere.csv"}, "there is no table of pixel sizes nowhere.csv"),
        ({"--pixel-size": "ages.csv"}, "ages.csv: no column holds a pixel size in mm"),
        ({"--to": "images"}, "cannot take the report: name a new folder"),
    ],
)
def test_bad_input_is_one_sentence_and_writes_nothing(run: Run, tmp_path: Path, changed: dict[str, str], sentence: str) -> None:
    for folder in ("images", "masks", "unmarked", "turned", "damaged"):
        (tmp_path / folder).mkdir()
    write_picture(tmp_path / "images/a.png", speckle(60, 90))
    (tmp_path / "damaged/a.png").write_bytes(b"no image")
    write_picture(tmp_path / "masks/a.png", three_structures(60, 90))
    write_picture(tmp_path / "turned/a.png", np.ascontiguousarray(three_structures(60, 90).T))
    (tmp_path / "ages.csv").write_text("filename,age\na.png,3\n")
    before = sorted(tmp_path.rglob("*"))
    arguments = {"--images": "images", "--masks": "masks", "--to": "report"} | changed
    done = run("evaluate", *(part for pair in arguments.items() for part in pair), status=1)
    assert sentence in done.stderr.replace("\n", " ")
    assert sorted(tmp_path.rglob("*")) == before
