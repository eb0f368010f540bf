"""A training that was killed goes on, and one that is another does not."""

from __future__ import annotations

import errno
import resource
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from numpy.testing import assert_allclose

from fetal_head.imaging import Geometry, write_mask
from fetal_head.learning.checkpoint import Checkpoint, save_checkpoint
from fetal_head.learning.retraining import CHECKPOINT, retrain
from fetal_head.learning.samples import Labelled, read_samples
from fetal_head.learning.split import is_validation
from fetal_head.learning.trainer import Epoch, train
from fetal_head.model.network import Architecture, HeadNetworks
from fetal_head.model.registry import Registry
from fetal_head.model.weights import Description, load_weights, save_weights, starting_networks
from pictures import three_structures, write_picture
from small_labels import small_settings, small_study


def test_killed_it_goes_on_from_the_last_epoch(tmp_path: Path) -> None:
    labels = small_study(tmp_path, 6)

    class KilledError(Exception):
        pass

    def kill_after_two(epoch: Epoch) -> None:
        if epoch.number == 2:
            raise KilledError

    whole, broken = Registry(tmp_path / "whole"), Registry(tmp_path / "broken")
    expected = retrain(labels, small_settings(max_epochs=4), whole, start=None)
    assert expected is not None
    with pytest.raises(KilledError):
        retrain(labels, small_settings(max_epochs=4), broken, start=None, on_epoch=kill_after_two)
    assert not broken.versions()[1:]
    told: list[Epoch] = []
    said: list[str] = []
    resumed = retrain(labels, small_settings(max_epochs=4), broken, start=None, on_epoch=told.append, say=said.append)
    assert resumed is not None
    assert "goes on after its epoch 2" in said[-1]
    assert [epoch.number for epoch in told] == [3, 4]
    assert resumed.last.loss == pytest.approx(expected.last.loss, rel=1e-5)
    networks = [load_weights(r.version("v0001").path)[0] for r in (whole, broken)]
    for a, b in zip(*(network.parameters() for network in networks), strict=True):
        assert_allclose(a.detach(), b.detach(), atol=1e-5)


def test_a_network_that_drops_features_by_chance_goes_on_as_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As several of segmentation-models-pytorch do, which is not installed here."""

    def make(*_: object, classes: int, **__: object) -> torch.nn.Module:
        return torch.nn.Sequential(torch.nn.Conv2d(1, 8, 3, padding=1), torch.nn.Dropout(), torch.nn.Conv2d(8, classes, 1))

    monkeypatch.setitem(sys.modules, "segmentation_models_pytorch", SimpleNamespace(create_model=make))
    settings = small_settings(network="smp:some:network", batches_per_epoch=2)
    architecture = Architecture.of(settings.model)
    samples = read_samples(small_study(tmp_path, 4), architecture)[0]
    checkpoint = tmp_path / CHECKPOINT

    def trained(on_epoch: Callable[[Epoch], None] = lambda _: None) -> HeadNetworks:
        networks = starting_networks(None, settings.model, 0)[0]
        return train(networks, architecture, samples, [], settings.learning, on_epoch, checkpoint=checkpoint).networks

    whole = trained()
    checkpoint.unlink()
    with pytest.raises(KeyboardInterrupt):
        trained(_interrupt_after(1))
    resumed = trained()
    for a, b in zip(whole.parameters(), resumed.parameters(), strict=True):
        assert_allclose(a.detach(), b.detach(), atol=1e-5)


def _interrupt_after(number: int) -> Callable[[Epoch], None]:
    def stop(epoch: Epoch) -> None:
        if epoch.number == number:
            raise KeyboardInterrupt

    return stop


def _stop(registry: Registry, labels: list[Labelled], after: int) -> None:
    """A training that leaves the checkpoint of epoch `after`, the last one (3) as one that is killed while it is judged."""
    with pytest.raises(KeyboardInterrupt):
        retrain(labels, small_settings(), registry, start=None, on_epoch=_interrupt_after(after))


def _epochs(registry: Registry, labels: list[Labelled], **changes: object) -> list[int]:
    """The epochs that a training from random weights goes through."""
    told: list[Epoch] = []
    retrain(labels, small_settings(**changes), registry, start=None, on_epoch=told.append)
    return [epoch.number for epoch in told]


def test_a_checkpoint_of_another_training_is_not_gone_on_with(tmp_path: Path) -> None:
    registry = Registry(tmp_path / "models")
    labels = small_study(tmp_path, 4)
    _stop(registry, labels, after=1)
    assert _epochs(registry, labels, weight_decay=0.01) == [1, 2, 3]
    (registry.folder / CHECKPOINT).write_bytes(b"torn")
    assert _epochs(registry, labels) == [1, 2, 3]


def test_a_checkpoint_in_which_a_single_byte_is_wrong_is_not_gone_on_with(tmp_path: Path) -> None:
    registry = Registry(tmp_path / "models")
    labels = small_study(tmp_path, 4)
    _stop(registry, labels, after=1)
    content = bytearray((registry.folder / CHECKPOINT).read_bytes())
    networks = torch.load(registry.folder / CHECKPOINT, weights_only=True)["networks"]
    weights = next(tensor for tensor in networks.values() if tensor.numel() > 100)
    content[content.index(weights.numpy().tobytes()) + 3] ^= 0x40
    (registry.folder / CHECKPOINT).write_bytes(content)
    assert _epochs(registry, labels) == [1, 2, 3]


def test_another_way_of_running_is_no_other_training(tmp_path: Path) -> None:
    registry = Registry(tmp_path / "models")
    labels = small_study(tmp_path, 4)
    _stop(registry, labels, after=1)
    assert _epochs(registry, labels, tracking_url="embedded", processes=1) == [2, 3]


@pytest.mark.parametrize(
    ("change", "after"), [("a new label", 3), ("a corrected label", 1), ("another image", 1), ("another patient", 1)]
)
def test_other_labels_are_learned_from_the_first_epoch_on(tmp_path: Path, change: str, after: int) -> None:
    registry = Registry(tmp_path / "models")
    labels = small_study(tmp_path, 5)
    _stop(registry, labels[:4], after)
    if change == "a corrected label":
        labels.pop()
        write_mask(labels[0].mask, three_structures(60, 120)[:, ::-1], Geometry((60, 120)))
    elif change == "another image":
        labels.pop()
        write_picture(labels[0].image, three_structures(60, 120)[:, ::-1] * 60)
    elif change == "another patient":
        labels.pop()
        labels[0] = replace(labels[0], patient=labels[1].patient_id)
        assert not is_validation("image0", 5)
        assert is_validation(labels[0].patient_id, 5), "what was learned from is held back now"
    assert _epochs(registry, labels) == [1, 2, 3]


def test_other_weights_of_the_same_name_are_trained_from_the_first_epoch_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry, labels = Registry(tmp_path / "models"), small_study(tmp_path, 4)
    shipped = tmp_path / "shipped.safetensors"
    monkeypatch.setattr("fetal_head.model.registry.SHIPPED", shipped)
    architecture = Architecture.of(small_settings().model)
    told: list[Epoch] = []

    def stop(epoch: Epoch) -> None:
        raise KeyboardInterrupt

    for on_epoch in (stop, told.append):
        save_weights(shipped, architecture.build(), Description(architecture))
        with suppress(KeyboardInterrupt):
            retrain(labels, small_settings(), registry, start=registry.current(), on_epoch=on_epoch)
    assert [epoch.number for epoch in told] == [1, 2, 3]


def test_a_full_disk_is_said_to_be_full(tmp_path: Path) -> None:
    before = tmp_path / CHECKPOINT
    before.write_bytes(b"of the epoch before")
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, usual[1]))
    try:
        with pytest.raises(OSError, match="too large") as full:
            save_checkpoint(before, Checkpoint("run", {"weights": torch.zeros(100_000)}, {}, []))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)
    assert full.value.errno == errno.EFBIG
    assert [(path, path.read_bytes()) for path in tmp_path.iterdir()] == [(before, b"of the epoch before")]
