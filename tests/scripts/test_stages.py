"""A stage of the shipped model's training never goes on with, or passes for, a training of something else."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from serving import ROOT

sys.path.insert(0, str(ROOT / "scripts"))

import stages
from fetal_head.learning.samples import Sample, read_samples
from fetal_head.learning.trainer import Epoch
from fetal_head.model.ancestry import Learned, learned_by_line
from fetal_head.model.network import Architecture
from fetal_head.model.registry import Registry, Version
from fetal_head.model.weights import Description, read_description, save_weights
from small_labels import small_settings, small_study

SETTINGS = small_settings()
NETWORKS = Architecture.of(SETTINGS.model)


@pytest.fixture
def samples(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Sample]:
    """Three of them, for a stage `heads` of two short epochs."""
    short = {"max_epochs": 2, "batches_per_epoch": 2, "batch_size": 2}
    monkeypatch.setitem(stages.STAGES, "heads", stages.Stage({"heads": 1.0}, short))
    return read_samples(small_study(tmp_path, 3), NETWORKS)[0]


def _start(path: Path, seed: int = 1) -> Path:
    torch.manual_seed(seed)
    save_weights(path, NETWORKS.build(), Description(NETWORKS))
    return path


def _learned(model: Path) -> Learned:
    return learned_by_line(Version(model.name, model), Registry(model.parent))


def _flipped(sample: Sample) -> Sample:
    return replace(sample, whole=replace(sample.whole, image=sample.whole.image.flip(-1)))


@pytest.mark.parametrize("change", ["nothing", "an image", "a patient", "the start"])
def test_a_killed_stage_goes_on_with_the_same_alone(
    tmp_path: Path, samples: list[Sample], monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    to, start = tmp_path / "heads.safetensors", _start(tmp_path / "first.safetensors")

    def kill(_: Epoch) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(stages, "_say", kill)
    with pytest.raises(KeyboardInterrupt):
        stages.train_stage("heads", {"heads": samples}, [], SETTINGS, to, start)
    if change == "an image":
        samples[0] = _flipped(samples[0])
    elif change == "a patient":
        samples[0] = replace(samples[0], patient="other")
    elif change == "the start":
        _start(start, 2)
    told: list[int] = []
    monkeypatch.setattr(stages, "_say", lambda epoch: told.append(epoch.number))
    stages.train_stage("heads", {"heads": samples}, [], SETTINGS, to, start)
    assert told == ([2] if change == "nothing" else [1, 2])


def test_a_stage_names_whom_those_before_it_have_seen(
    tmp_path: Path, samples: list[Sample], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A campaign that starts from its weights must know, and has no other file to ask."""
    monkeypatch.setitem(stages.STAGES, "first", stages.STAGES["heads"])
    of_other = [replace(sample, patient=f"other-{i}") for i, sample in enumerate(samples)]
    first, heads = tmp_path / "first.safetensors", tmp_path / "heads.safetensors"
    stages.train_stage("first", {"heads": of_other}, [], SETTINGS, first, None)
    stages.train_stage("heads", {"heads": samples}, [], SETTINGS, heads, first)
    first.unlink()
    found = _learned(heads)
    assert found.whole
    assert found.patients == {sample.patient for sample in [*of_other, *samples]}


def test_a_stage_from_weights_that_name_nobody_names_not_all(tmp_path: Path, samples: list[Sample]) -> None:
    to = tmp_path / "heads.safetensors"
    stages.train_stage("heads", {"heads": samples}, [], SETTINGS, to, _start(tmp_path / "first.safetensors"))
    assert not _learned(to).whole


def test_a_finished_stage_of_something_else_is_refused(tmp_path: Path, samples: list[Sample]) -> None:
    to, start = tmp_path / "heads.safetensors", _start(tmp_path / "first.safetensors")
    stages.train_stage("heads", {"heads": samples}, [], SETTINGS, to, start)
    done = to.read_bytes()
    stages.train_stage("heads", {"heads": samples}, [], SETTINGS, to, start)
    for pool, settings, seeds, other in (
        (samples[:2], SETTINGS, 1, "images, patients, digests"),
        ([_flipped(samples[0]), *samples[1:]], SETTINGS, 1, "digests"),
        (samples, small_settings(weight_decay=0.5), 1, "weight_decay"),
        (samples, small_settings(channels=[8, 16, 16]), 1, "architecture"),
        (samples, SETTINGS, 2, "seeds"),
    ):
        with pytest.raises(ValueError, match=f"was trained with other {other} than it would be now"):
            stages.train_stage("heads", {"heads": pool}, [], settings, to, start, seeds)
    with pytest.raises(ValueError, match="other start than"):
        stages.train_stage("heads", {"heads": samples}, [], SETTINGS, to, _start(start, 2))
    assert to.read_bytes() == done


def test_a_stage_that_does_not_name_its_samples_by_hash_is_told_by_what_it_names(tmp_path: Path, samples: list[Sample]) -> None:
    to = tmp_path / "heads.safetensors"
    stages.train_stage("heads", {"heads": samples}, [], SETTINGS, to, None)
    training = read_description(to).training
    del training["digests"], training["start"]
    save_weights(to, NETWORKS.build(), Description(NETWORKS, training=training))
    stages.train_stage("heads", {"heads": samples}, [], SETTINGS, to, None)
    with pytest.raises(ValueError, match="other images, patients than"):
        stages.train_stage("heads", {"heads": samples[:2]}, [], SETTINGS, to, None)
    save_weights(to, NETWORKS.build(), Description(NETWORKS))
    with pytest.raises(ValueError, match="it names none"):
        stages.train_stage("heads", {"heads": samples}, [], SETTINGS, to, None)
