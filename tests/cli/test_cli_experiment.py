"""`fetal-head experiment`: a grid that can be broken off."""

from __future__ import annotations

import json
from pathlib import Path
from statistics import mean, stdev

import pytest
from command import Run

from fetal_head.datasets.phantoms import write_phantoms
from fetal_head.evaluation import experiment
from fetal_head.learning.split import is_validation
from fetal_head.model.network import Architecture
from fetal_head.model.registry import Registry
from fetal_head.model.weights import Description
from small_labels import SMALL, small_settings

QUICK = {**SMALL, "max_epochs": "1", "batches_per_epoch": "1", "batch_size": "2"}


CONF = [part for key, value in QUICK.items() if key != "network" for part in ("--conf", key, value)]


def test_a_grid_of_trainings_is_a_table_a_plot_and_trials(run: Run, tmp_path: Path) -> None:
    study, to = tmp_path / "study", tmp_path / "to"
    write_phantoms(study, 10, 0)
    grid = ["experiment", "augmentation", "--studies", study, "--to", to, "--values", "none,full", *CONF]
    assert "±" not in run(*grid, "--seeds", 1).stdout, "one training does not tell how much they differ"
    before = json.loads((to / "trials.json").read_text())
    done = run(*grid, "--seeds", 2)
    printed = done.stdout
    assert "full, seed 1: epoch 1/1; 0 s left" in done.stderr
    trials = json.loads((to / "trials.json").read_text())
    assert trials[:2] == before
    assert sorted((t["value"], t["seed"]) for t in trials) == [("full", 0), ("full", 1), ("none", 0), ("none", 1)]
    assert (to / "dice.png").read_bytes().startswith(b"\x89PNG")
    run(*grid, "--to", tmp_path / "another", "--conf", "seed", 1, "--seeds", 1)
    assert {t["seed"] for t in json.loads((tmp_path / "another" / "trials.json").read_text())} == {1}
    for value in ("none", "full"):
        dice = [t["dice"]["BRAIN"] for t in trials if t["value"] == value]
        assert f"{mean(dice):.3f} ± {stdev(dice):.3f}" in printed


def test_trials_of_another_experiment_are_not_taken_for_its_own(run: Run, tmp_path: Path) -> None:
    study, to = tmp_path / "study", tmp_path / "to"
    write_phantoms(study, 4, 0)
    grid = ["experiment", "augmentation", "--studies", study, "--to", to, "--values", "none", "--seeds", 1, *CONF]
    run(*grid)
    before = (to / "trials.json").read_bytes()

    def refused(*arguments: object) -> None:
        assert f"take another folder, such as {to}_2" in " ".join(run(*arguments, status=1).stderr.split())
        assert (to / "trials.json").read_bytes() == before

    run(*grid, "--conf", "tracking_url", "embedded", "--conf", "processes", "1")
    assert (to / "trials.json").read_bytes() == before
    refused(*grid, "--conf", "learning_rate", "0.02")
    refused(*grid, "--init", "shipped")
    write_phantoms(study, 1, 1)
    refused(*grid)


def test_of_two_experiments_in_one_folder_the_second_is_refused(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each writes all its trials: hours of the one that has come further were thrown away."""
    write_phantoms(tmp_path / "study", 4, 0)
    grid = ["experiment", "augmentation", "--studies", "study", "--to", "to", "--seeds", 1, *CONF]
    train, refused = experiment.train, []

    def meanwhile(*arguments):  # type: ignore[no-untyped-def]
        if not refused:
            refused.append(" ".join(run(*grid, "--values", "full", status=1).stderr.split()))
        return train(*arguments)

    monkeypatch.setattr(experiment, "train", meanwhile)
    run(*grid, "--values", "none")
    assert "an experiment runs in to already: wait for its end, or take another folder, such as to_2" in refused[0]
    run(*grid, "--values", "full")
    assert [trial["value"] for trial in json.loads((tmp_path / "to" / "trials.json").read_text())] == ["none", "full"]


def test_whom_the_starting_model_knows_is_not_judged_on(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_phantoms(tmp_path / "study", 6, 0)
    held = ["phantom-0-00000", "phantom-0-00004", "phantom-0-00005"]
    assert all(is_validation(patient, 5) for patient in held)
    registry, architecture = Registry.of_app(tmp_path / "app"), Architecture.of(small_settings().model)
    for training in ({"patients": held[:2]}, {"patients": held}, {}):
        registry.add(architecture.build(), Description(architecture, training=training))
    judged: list[str] = []
    train = experiment.train

    def spy(networks, architecture, training, validation, *rest):  # type: ignore[no-untyped-def]
        judged.extend(sample.patient for sample in validation)
        return train(networks, architecture, training, validation, *rest)

    monkeypatch.setattr(experiment, "train", spy)

    def said(init: str, status: int = 0) -> str:
        grid = ["experiment", "augmentation", "--studies", "study", "--to", init, "--values", "none", "--seeds", 1, *CONF]
        return run(*grid, "--init", init, status=status).stderr

    assert "Nobody can tell" not in said("v0001")
    assert judged == held[2:]
    assert "has learned from every patient that is for validation" in said("v0002", status=1)
    assert "Nobody can tell whether the model has learned from these patients" in said("v0003")
    assert judged == [*held[2:], *held]


def test_bad_input_is_one_sentence(run: Run, tmp_path: Path) -> None:
    study = tmp_path / "study"
    write_phantoms(study, 1, 0)
    write_phantoms(tmp_path / "another", 1, 1)
    write_phantoms(tmp_path / "unlabelled", 1, 0, with_labels=False)
    for arguments, sentence in (
        (["network", "--studies", study, "--to", tmp_path / "to", "--values", "vnet"], "the setting 'network'"),
        (["network", "--studies", tmp_path / "none", "--to", tmp_path / "to"], "no study folder"),
        (["network", "--studies", study, "--to", tmp_path / "to", "--values", ","], "--values names no network"),
        (["network", "--studies", tmp_path / "unlabelled", "--to", tmp_path / "to"], "there is no submitted label yet"),
        (["augmentation", "--studies", study, "--to", tmp_path / "to"], "label images of another patient"),
        (["augmentation", "--studies", tmp_path / "another", "--to", tmp_path / "to"], "no labelled patient is for validation"),
    ):
        assert sentence in run("experiment", *arguments, *CONF, status=1).stderr


@pytest.mark.parametrize("text", ['[{"val', '[{"of": "another version"}]', '{"value": "none"}'])
def test_trials_that_cannot_be_read_are_said(run: Run, tmp_path: Path, text: str) -> None:
    write_phantoms(tmp_path / "study", 1, 0)
    (tmp_path / "to").mkdir()
    (tmp_path / "to" / "trials.json").write_text(text)
    said = run("experiment", "augmentation", "--studies", "study", "--to", "to", *CONF, status=1).stderr
    assert "to/trials.json is damaged or was written by another version" in said
    assert "move it away, or take another folder, such as to_2" in said
    assert (tmp_path / "to" / "trials.json").read_text() == text
