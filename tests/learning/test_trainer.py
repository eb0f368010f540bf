"""The trainer: alone and in two ranks, with structures that nobody annotated."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from fetal_head.imaging import Geometry, write_mask
from fetal_head.labels import NAMES
from fetal_head.learning.augmentation import SETS, Augmentation
from fetal_head.learning.batches import Batches
from fetal_head.learning.samples import MARGIN, View, make_sample, sample_of
from fetal_head.learning.trainer import Epoch, train
from fetal_head.model.network import NETWORKS, Architecture
from pictures import three_structures
from small_labels import small_settings, small_study

HERE = Path(__file__).parent


def _view(seed: int = 0) -> View:
    target = torch.zeros(3, 96, 112, dtype=torch.bool)
    target[0, 40:60, 40:72] = target[1, 44:50, 44:52] = target[2, 52:58, 56:68] = True
    image = target.sum(dim=0, keepdim=True) + 0.1 * torch.rand(1, 96, 112, generator=torch.Generator().manual_seed(seed))
    return View(image.half(), target, torch.ones(3))


@pytest.mark.parametrize("name", SETS)
def test_augmentation_moves_image_and_target_alike(name: str) -> None:
    augment = Augmentation(name, (32, 48))
    for seed in range(5):
        image, target = augment(_view(), seed)
        assert image.shape == (1, 32, 48)
        assert target.shape == (3, 32, 48)
        assert set(target.unique().tolist()) <= {0.0, 1.0}
        again, _ = augment(_view(), seed)
        assert torch.equal(image, again)
        if name in ("none", "flip", "spatial"):
            head = target[0] > 0
            assert image[0][head].min() > image[0][~head].mean() + 0.3
    assert (name == "none") == torch.equal(augment(_view(), 1)[0], augment(_view(), 2)[0])


def test_batches_depend_on_seed_and_epoch_alone() -> None:
    batches = Batches([_view(i) for i in range(5)], Augmentation("full", (32, 48)), 2, seed=3, shares=[1] * 5)
    first = [image for image, _, _ in batches.epoch(4, 3)]
    list(batches.epoch(1, 2))
    second = [image for image, _, _ in batches.epoch(4, 3)]
    assert all(torch.equal(a, b) for a, b in zip(first, second, strict=True))
    assert not torch.equal(first[0], next(iter(batches.epoch(5, 3)))[0])


def test_a_share_of_nothing_is_never_drawn() -> None:
    views = [_view(), View(torch.full((1, 96, 112), torch.nan).half(), torch.zeros(3, 96, 112, dtype=torch.bool), torch.ones(3))]
    batches = Batches(views, Augmentation("none", (32, 48)), 4, seed=0, shares=[1, 0])
    assert all(image.isfinite().all() for image, _, _ in batches.epoch(1, 8))


def test_a_head_that_is_not_annotated_is_framed_by_what_is_found() -> None:
    architecture = Architecture.of(small_settings().model)
    mask = three_structures(60, 120)
    image = mask.astype(np.float32)
    whole = make_sample("a", "a", image, mask, ("BRAIN", "CSP", "LV"), architecture)
    assert whole.framed is not None
    assert whole.framed.image.shape == (1, 32 + MARGIN, 48 + MARGIN)
    cut = np.where(mask == 1, 0, mask).astype(np.uint8)
    assert make_sample("a", "a", image, cut, ("CSP", "LV"), architecture).framed is None
    from fetal_head.biometry.ellipse import fit_ellipse
    from fetal_head.model.frame import Frame

    head = fit_ellipse(mask > 0)
    assert head is not None
    found = make_sample("a", "a", image, cut, ("CSP", "LV"), architecture, lambda _: Frame.around(head, architecture.frame_size))
    assert found.framed is not None
    assert found.framed.known.tolist() == [0, 1, 1]
    assert torch.equal(found.framed.target[1:], whole.framed.target[1:])


def test_nobody_learns_a_hole_in_the_head_where_a_csp_was_erased() -> None:
    architecture = Architecture.of(small_settings().model)
    mask = three_structures(60, 120)
    painted, erased = (
        make_sample("a", "a", mask.astype(np.float32), np.where(mask == 2, value, mask).astype(np.uint8), NAMES, architecture)
        for value in (1, 0)
    )
    assert painted.framed is not None
    assert erased.framed is not None
    assert torch.equal(erased.whole.target, painted.whole.target)
    assert torch.equal(erased.framed.image, painted.framed.image), "the same frame"
    assert torch.equal(erased.framed.target, painted.framed.target)


def test_what_is_left_of_an_erased_brain_is_no_head_to_learn(tmp_path: Path) -> None:
    """Who erases a head that the field of view cuts may overlook some pixels: CSP and LV would be learned as the head."""
    (label,) = small_study(tmp_path, 1)
    mask = np.where(three_structures(60, 120) == 1, 0, three_structures(60, 120)).astype(np.uint8)
    mask[33, 36:38] = 1
    write_mask(label.mask, mask, Geometry(mask.shape))
    sample = sample_of(label, Architecture.of(small_settings().model))
    assert sample.whole.known.tolist() == [0]
    assert sample.framed is None, "where the head is nobody knows"


@pytest.mark.parametrize("network", NETWORKS)
def test_every_network_learns(tmp_path: Path, network: str) -> None:
    settings = small_settings(network=network, augmentation="none")
    architecture = Architecture.of(settings.model)
    samples = [sample_of(label, architecture) for label in small_study(tmp_path, 4)]
    torch.manual_seed(0)
    trained = train(architecture.build(), architecture, samples, [], settings.learning)
    first, last = trained.epochs[0], trained.epochs[-1]
    assert all(last.loss[name] < first.loss[name] for name in ("locator", "segmenter"))
    assert last.dice == {"BRAIN": None, "CSP": None, "LV": None}


@pytest.mark.parametrize("steps", [1, 2, 9, 10, 11])
def test_a_training_of_few_steps_comes_to_its_end(tmp_path: Path, steps: int) -> None:
    settings = small_settings(max_epochs="1", batches_per_epoch=str(steps), batch_size="1")
    architecture = Architecture.of(settings.model)
    samples = [sample_of(label, architecture) for label in small_study(tmp_path, 2)]
    epochs: list[Epoch] = []
    train(architecture.build(), architecture, samples, samples, settings.learning, epochs.append)
    assert [epoch.number for epoch in epochs] == [1]


def test_a_checkpoint_of_other_networks_is_not_gone_on_with(tmp_path: Path) -> None:
    settings = small_settings()
    architecture = Architecture.of(settings.model)
    samples = [sample_of(label, architecture) for label in small_study(tmp_path, 4)]
    nobody_knows_the_head = [replace(sample, framed=None) for sample in samples]
    told: list[Epoch] = []
    for learned_from, networks in ((nobody_knows_the_head, {"locator"}), (samples, {"locator", "segmenter"})):
        told.clear()
        where = tmp_path / "training.checkpoint"
        train(architecture.build(), architecture, learned_from, [], settings.learning, told.append, checkpoint=where, run="a")
        assert [epoch.number for epoch in told] == [1, 2, 3]
        assert set(told[-1].loss) == networks


def test_nothing_to_train_on_is_a_sentence() -> None:
    settings = small_settings()
    architecture = Architecture.of(settings.model)
    with pytest.raises(ValueError, match="no label to train on"):
        train(architecture.build(), architecture, [], [], settings.learning)


def test_two_ranks_learn_what_one_does(tmp_path: Path) -> None:
    alone = subprocess.run(
        [sys.executable, HERE / "two_ranks.py", tmp_path / "one"], capture_output=True, text=True, env=_environment()
    )
    assert alone.returncode == 0, alone.stderr[-2000:]
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    both = subprocess.run(
        [*torchrun, HERE / "two_ranks.py", tmp_path / "two"], capture_output=True, text=True, env=_environment()
    )
    assert both.returncode == 0, both.stderr[-2000:]
    one, two = (json.loads((tmp_path / name / "result.json").read_text()) for name in ("one", "two"))
    assert (one["ranks"], two["ranks"]) == (1, 2)
    assert two["loss"] == pytest.approx(one["loss"], rel=1e-3)
    assert two["dice"] == pytest.approx(one["dice"], abs=0.01)


def _environment() -> dict[str, str]:
    return {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join([str(HERE), str(HERE.parent)])}
