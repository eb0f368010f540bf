"""One press of the Train button, without a server."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose

from fetal_head.config import Settings, load_settings
from fetal_head.imaging import Geometry, write_mask
from fetal_head.learning.retraining import retrain
from fetal_head.learning.samples import Labelled, sample_of
from fetal_head.learning.split import is_validation
from fetal_head.learning.trainer import Epoch, train
from fetal_head.model.network import Architecture
from fetal_head.model.registry import Registry
from fetal_head.model.weights import load_weights
from pictures import three_structures, write_picture


@pytest.fixture
def settings() -> Settings:
    small = {"network_rows": "32", "network_columns": "64", "channels": "[8, 16, 32]", "residual_units": "1"}
    return load_settings({**small, "max_epochs": "3", "batches_per_epoch": "8", "learning_rate": "0.01", "batch_size": "4"})


def _study(folder: Path, count: int) -> list[Labelled]:
    labels = []
    for number in range(count):
        mask = np.roll(three_structures(60, 120), number, axis=1)
        name = f"image{number}"
        picture = write_picture(folder / f"{name}.png", (mask * 60 + 20).astype(np.uint8))
        write_mask(folder / f"{name}.nrrd", mask, Geometry(mask.shape))
        labels.append(Labelled(name, picture, folder / f"{name}.nrrd"))
    return labels


def test_it_learns_publishes_and_tells(tmp_path: Path, settings: Settings) -> None:
    registry = Registry(tmp_path / "models")
    epochs: list[Epoch] = []
    outcome = retrain(_study(tmp_path, 12), settings, registry, start=None, on_epoch=epochs.append)
    assert [e.number for e in epochs] == [1, 2, 3]
    assert epochs[-1].loss < epochs[0].loss
    assert registry.current().name == outcome.version == "v0001"
    described = registry.current().description
    assert described.training["images"] == 12
    assert described.metrics["dice"] == outcome.best.dice
    assert outcome.best.score == max(e.score for e in epochs if e.score is not None)
    again = retrain(_study(tmp_path, 12), settings, registry, start=registry.current())
    assert registry.version(again.version).description.parent == "v0001"


def test_damaged_labels_are_named_and_left_out(tmp_path: Path, settings: Settings) -> None:
    labels = _study(tmp_path, 6)
    labels[0].mask.write_bytes(b"not a mask")
    write_mask(labels[1].mask, three_structures(120, 60), Geometry((120, 60)))
    (tmp_path / "rgb.png").write_bytes(b"")
    write_picture(tmp_path / "rgb.png", np.zeros((60, 120, 3), np.uint8))
    labels[2] = Labelled("image2", labels[2].image, tmp_path / "rgb.png")
    write_picture(tmp_path / "odd.png", np.full((60, 120), 77, np.uint8))
    labels[3] = Labelled("image3", labels[3].image, tmp_path / "odd.png")
    said: list[str] = []
    outcome = retrain(labels, settings, Registry(tmp_path / "models"), start=None, say=said.append)
    assert [label.id for label in outcome.left_out] == ["image0", "image1", "image2", "image3"]
    for reason, sentence in zip(said, ("cannot be read", "transposed", "colour picture", "value 77"), strict=True):
        assert sentence in reason


def test_no_label_is_a_sentence(tmp_path: Path, settings: Settings) -> None:
    with pytest.raises(ValueError, match="no submitted label yet"):
        retrain([], settings, Registry(tmp_path), start=None)
    broken = _study(tmp_path, 1)
    broken[0].mask.write_bytes(b"")
    with pytest.raises(ValueError, match="none of the 1 submitted labels"):
        retrain(broken, settings, Registry(tmp_path), start=None)


def test_same_seed_same_network(tmp_path: Path, settings: Settings) -> None:
    registry = Registry(tmp_path / "models")
    for _ in range(2):
        retrain(_study(tmp_path, 4), settings, registry, start=None)
    first, second = (load_weights(registry.version(v).path)[0] for v in ("v0001", "v0002"))
    for a, b in zip(first.parameters(), second.parameters(), strict=True):
        assert_allclose(a.detach(), b.detach(), rtol=1e-5)


def test_validation_patients_are_never_drawn(tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    samples = [sample_of(label, (32, 64)) for label in _study(tmp_path, 12)]
    held = {s.id for s in samples if is_validation(s.patient, 5)}
    assert 0 < len(held) < 12
    for sample in samples:
        if sample.id in held:
            sample.image.fill_(float("nan"))
    torch.manual_seed(0)
    trained = train(Architecture.of(settings.model).build(), samples, settings.learning)
    assert all(np.isfinite(e.loss) for e in trained.epochs)
