"""A whole campaign with small networks on small pictures."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread

from fetal_head import cli
from fetal_head.evaluation.pairs import Pair, find_pairs
from fetal_head.learning.lineage import lineage
from fetal_head.learning.samples import Labelled
from fetal_head.model.network import Architecture
from fetal_head.model.registry import SHIPPED_NAME, Registry
from fetal_head.model.weights import Description, save_weights
from fetal_head.simulation import campaign
from fetal_head.simulation.ancestry import check_ancestry
from fetal_head.simulation.campaign import Plan, run_campaign
from fetal_head.simulation.cell import Cell, Judged, cell_path, read_cell, write_cell
from fetal_head.simulation.summary import summarise
from fetal_head.simulation.training import Start, judged
from pictures import three_structures, write_dicom, write_picture
from small_labels import SMALL, small_settings


def _folder(folder: Path, names: str) -> Path:
    for number, name in enumerate(names):
        mask = np.roll(three_structures(60, 120), 3 * number, axis=1)
        for kind, pixels in (("images", mask * 60 + 20), ("masks", mask)):
            (folder / kind).mkdir(parents=True, exist_ok=True)
            write_picture(folder / kind / f"{name}.png", pixels.astype(np.uint8))
    return folder


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> object:
    """Runs a campaign of small networks with changed arguments; returns its exit status and what it said."""
    pool, test = _folder(tmp_path / "pool", "abcdefgh"), _folder(tmp_path / "test", "xyz")
    plain = {"pool": pool, "test": test, "to": tmp_path / "campaign", "init": "scratch", "seeds": 1}
    plain |= {"strategies": "hybrid,random,stock_epistemic", "budgets": "2,4"}
    small = {**SMALL, "max_epochs": "1", "batches_per_epoch": "2", "dropout_samples": "2"}

    def call(**changes: object) -> tuple[int, str]:
        arguments = [part for key, value in (plain | changes).items() for part in (f"--{key}", str(value))]
        conf = [part for pair in small.items() for part in ("--conf", *pair)]
        monkeypatch.setattr(sys, "argv", ["fetal-head", "simulate", *arguments, *conf])
        monkeypatch.setenv("FETAL_HEAD_APP", str(tmp_path / "app"))
        monkeypatch.setenv("COLUMNS", "250")
        with pytest.raises(SystemExit) as ended:
            cli.main()
        return int(ended.value.code or 0), capsys.readouterr().err

    return call


def test_a_campaign_goes_on_where_it_was_broken_off(run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    to = tmp_path / "campaign"
    with monkeypatch.context() as patched:
        patched.setattr(campaign, "write_cell", _interrupted_at_the_second(campaign.write_cell))
        assert run(strategies="hybrid")[0] != 0
    (finished,) = (to / "cells").glob("*.json")
    written = finished.stat().st_mtime_ns
    assert run()[0] == 0
    assert finished.stat().st_mtime_ns == written
    # as if it had been killed just after the second cell was there
    superseded = finished.with_suffix(".safetensors")
    assert not superseded.exists()
    superseded.touch()
    assert run()[0] == 0
    assert not superseded.exists()
    found = json.loads((to / "campaign.json").read_text())
    assert list(found["curves"]) == ["hybrid", "random", "stock_epistemic"]
    assert [point["labels"] for point in found["curves"]["hybrid"]] == [2, 4]
    assert [(test["strategy"], test["n"]) for test in found["tests"]] == [("hybrid", 3), ("stock_epistemic", 3)]
    by_cell = {(cell["strategy"], cell["budget"]): cell["images"] for cell in found["labelled"]}
    assert all(len(set(images)) == budget for (_, budget), images in by_cell.items())
    assert all(by_cell[strategy, 4][:2] == by_cell[strategy, 2] for strategy, _ in by_cell)
    page = (to / "report.html").read_text()
    assert "random weights" in page
    assert "http" not in page.replace("http-equiv", "")

    assert run(strategies="hybrid", to=tmp_path / "again")[0] == 0
    again = json.loads((tmp_path / "again" / "campaign.json").read_text())
    assert again["curves"]["hybrid"] == found["curves"]["hybrid"], "the same seed draws the same"
    assert [cell["images"] for cell in again["labelled"]] == [by_cell["hybrid", 2], by_cell["hybrid", 4]]
    status, said = run(budgets="2,5")
    assert (status, "holds a campaign of other images" in said.replace("\n", " ")) == (1, True)
    index = tmp_path / "test" / "index.csv"
    index.write_text("image,annotated,row_mm,column_mm\nx,BRAIN CSP,,\n")
    status, said = run()
    assert (status, "holds a campaign of other images" in said.replace("\n", " ")) == (1, True), "a mask says less now"
    index.unlink()
    # as many bytes as before, but another mask
    one, other = (tmp_path / "pool/masks" / f"{name}.png" for name in "ab")
    one.write_bytes(other.read_bytes().ljust(one.stat().st_size, b"\0")[: one.stat().st_size])
    status, said = run()
    assert (status, "holds a campaign of other images" in said.replace("\n", " ")) == (1, True)


def _interrupted_at_the_second(write: Callable[[Path, Cell], None]) -> Callable[[Path, Cell], None]:
    written = []

    def interrupted(to: Path, cell: Cell) -> None:
        if written:
            raise KeyboardInterrupt
        written.append(cell)
        write(to, cell)

    return interrupted


def test_bad_plans_are_one_sentence(run, tmp_path: Path) -> None:
    # the v0001 from which a file was trained lies beside it, that of the app is another
    child = tmp_path / "elsewhere" / "v0002.safetensors"
    _model(child, {"patients": ["somebody"]}, "v0001")
    _model(child.with_stem("v0001"), {"patients": ["b"]})
    _model(Registry.of_app(tmp_path / "app").folder / "v0001.safetensors", {"patients": ["somebody"]})
    for changes, sentence in (
        ({"strategies": "hybrd"}, "no strategy is called 'hybrd'"),
        ({"strategies": "hybrid,random,hybrid"}, "--strategies names one twice (hybrid, random, hybrid)"),
        ({"budgets": "4,2"}, "growing counts of labels"),
        ({"budgets": "many"}, "growing counts of labels"),
        ({"budgets": "9"}, "more than the 8 images of the pool"),
        ({"test": tmp_path / "pool"}, "the patient a is in the pool and in the test set"),
        ({"pool": "nowhere"}, "there is no folder nowhere/images"),
        ({"init": "v0009"}, "no model version is called 'v0009'"),
        ({"init": child}, "'v0001' has learned from b, which is in the pool"),
    ):
        status, said = run(**changes)
        assert status == 1
        assert sentence in said.replace("\n", " ")
    assert not (tmp_path / "campaign").exists()


def test_another_way_of_running_is_no_other_campaign(tmp_path: Path) -> None:
    folder = _folder(tmp_path / "pool", "a")
    pool = (Pair("a", folder / "images/a.png", folder / "masks/a.png"),)

    def key(**changes: object) -> str:
        return Plan(pool, (), ("random",), (1,), 1, Start("scratch", None), small_settings(**changes)).key()

    assert key(tracking_url="embedded", processes=2) == key(tracking_url="none", processes=1)
    assert key(learning_rate=0.02) != key()


def test_images_of_other_patients_are_another_campaign(tmp_path: Path) -> None:
    """Strategies give frames of one patient apart, and the tests are over patients."""
    folder = _folder(tmp_path / "pool", "a")

    def key(patient: str) -> str:
        pool = (Pair("a", folder / "images/a.png", folder / "masks/a.png", told_patient=patient),)
        return Plan(pool, (), ("random",), (1,), 1, Start("scratch", None), small_settings()).key()

    assert key("P1") != key("P2")


def test_the_seed_of_the_settings_is_the_first(tmp_path: Path) -> None:
    pool, test = (_folder(tmp_path / kind, names) for kind, names in (("pool", "ab"), ("test", "x")))
    pairs = [tuple(find_pairs(folder / "images", folder / "masks")) for folder in (pool, test)]
    short = small_settings(seed=7, max_epochs=1, batches_per_epoch=1)
    plan = Plan(*pairs, ("first",), (1,), 2, Start("scratch", None), short)
    assert [cell.seed for cell in run_campaign(plan, tmp_path / "campaign")] == [7, 8]


def test_what_a_killed_campaign_was_writing_takes_no_room_for_ever(tmp_path: Path) -> None:
    folder = _folder(tmp_path / "pool", "a")
    pool = (Pair("a", folder / "images/a.png", folder / "masks/a.png"),)
    left = [tmp_path / "campaign" / name for name in (".writing-a.key", "cells/.writing-b.safetensors")]
    for file in left:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    plan = Plan(pool, (), ("first",), (1,), 1, Start("scratch", None), small_settings(max_epochs=1, batches_per_epoch=1))
    assert next(run_campaign(plan, tmp_path / "campaign")).labelled == ("a",)
    assert not [file for file in left if file.exists()]


def _model(path: Path, training: dict, parent: str | None = None) -> None:
    architecture = Architecture.of(small_settings().model)
    save_weights(path, architecture.build(), Description(architecture, parent=parent, training=training))


def test_a_model_that_has_seen_the_pool_is_refused(tmp_path: Path) -> None:
    folder = _folder(tmp_path / "pool", "ab")
    pairs = [Pair(name, folder / f"images/{name}.png", folder / f"masks/{name}.png") for name in "ab"]
    labels = lineage([Labelled("other", pairs[0].image, pairs[1].mask)])
    registry = Registry(tmp_path / "models")
    for name, training, parent in (
        ("v0001", {"patients": ["somebody"]}, None),
        ("v0002", {"patients": ["somebody", "b"]}, None),
        ("v0003", {"labels": labels}, None),
        ("v0004", {"patients": []}, "v0002"),
        ("v0005", {"patients": []}, "v0099"),
    ):
        _model(registry.folder / f"{name}.safetensors", training, parent)
    _model(registry.folder / "v0006.safetensors", {"uploaded": {"by": "ann", "at": "2024-05-01"}})
    check_ancestry(registry.version("v0001"), registry, pairs)
    for name in ("v0002", "v0003", "v0004"):
        with pytest.raises(ValueError, match="has learned from b"):
            check_ancestry(registry.version(name), registry, pairs)
    with pytest.raises(ValueError, match="'v0006' does not say what it has learned from"):
        check_ancestry(registry.version("v0006"), registry, pairs)
    with pytest.raises(ValueError, match="nobody can tell"):
        check_ancestry(registry.version("v0005"), registry, pairs)


def test_the_shipped_model_starts_a_campaign_of_patients_that_it_never_saw(tmp_path: Path) -> None:
    registry = Registry(tmp_path / "models")
    shipped = registry.version(SHIPPED_NAME)
    (patient, *_) = shipped.description.training["patients"]
    folder = _folder(tmp_path / "pool", "a")
    files = folder / "images/a.png", folder / "masks/a.png"
    check_ancestry(shipped, registry, [Pair("a", *files)])
    with pytest.raises(ValueError, match=f"'shipped' has learned from {patient}"):
        check_ancestry(shipped, registry, [Pair(patient, *files)])


def _cell(strategy: str, seed: int, budget: int, dice: float) -> Cell:
    images = tuple(Judged(f"t{n}", {"BRAIN": dice - 0.01 * n, "CSP": dice}, {"BRAIN": 10, "CSP": 5}) for n in range(10))
    return Cell(strategy, seed, budget, (), images, 1.0)


def test_figures_of_known_cells() -> None:
    cells = [
        _cell(strategy, seed, budget, base + gain)
        for strategy, base in (("hybrid", 0.7), ("random", 0.6))
        for seed in range(3)
        for budget, gain in ((5, 0.0), (10, 0.1), (20, 0.2))
    ]
    found = summarise(cells)
    (point, *_) = found["curves"]["random"]
    assert point["BRAIN"]["mean"] == pytest.approx(0.6 - 0.045)
    assert point["CSP"] == {"mean": pytest.approx(0.6), "low": pytest.approx(0.6), "high": pytest.approx(0.6), "n": 3}
    assert (point["LV"]["mean"], point["apl"]["mean"]) == (None, 15)
    # trapezoids: 5 labels at .65 and 10 at .75 on average, less half of .045
    assert found["area"]["random"]["mean"] == pytest.approx((5 * 0.65 + 10 * 0.75) / 15 - 0.0225)
    (test,) = found["tests"]
    assert (test["strategy"], test["baseline"], test["n"]) == ("hybrid", "random", 10), "one for each patient"
    assert test["difference"] == pytest.approx(0.1)
    assert test["p"] == pytest.approx(2 / 2**10), "the smallest that ten can give"


@pytest.mark.parametrize("text", ["", "[]", '{"images": []}', '{"images": [], "labelled": [], "of": "another version"}'])
def test_a_damaged_cell_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "hybrid-0-5.json"
    path.write_text(text)
    with pytest.raises(ValueError, match=r"hybrid-0-5\.json is damaged or was written by another version"):
        read_cell(path)


def test_frames_of_one_patient_are_one_observation(tmp_path: Path) -> None:
    mask = three_structures(60, 90)
    for number in range(6):
        file = write_dicom(tmp_path / f"1.2.826.{number}.dcm", mask * 60)
        header = dcmread(file)
        header.PatientID = f"P-{number % 2}"
        header.save_as(file)
        write_picture(tmp_path / f"1.2.826.{number}_mask.png", mask)
    for strategy, predicted in (("hybrid", mask), ("random", np.zeros_like(mask))):
        images = judged(lambda _, drawn=predicted: drawn, find_pairs(tmp_path, tmp_path))
        write_cell(tmp_path, Cell(strategy, 0, 5, (), tuple(images), 1.0))
    cells = [read_cell(cell_path(tmp_path, strategy, 0, 5)) for strategy in ("hybrid", "random")]
    (test,) = summarise([cell for cell in cells if cell])["tests"]
    assert (test["n"], test["difference"]) == (2, 1)
