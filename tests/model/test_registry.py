"""Versions of the model, none of them ever lost."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.testing import assert_array_equal

from fetal_head.config import load_settings
from fetal_head.model.network import Architecture
from fetal_head.model.predictor import Predictor
from fetal_head.model.registry import SHIPPED, Registry
from fetal_head.model.weights import Description, load_weights, read_description, save_weights
from pictures import speckle

SMALL = Architecture((32, 32), (4, 8), 1)


def _network(seed: int) -> torch.nn.Module:
    torch.manual_seed(seed)
    return SMALL.build().eval()


def test_written_then_loaded(tmp_path: Path) -> None:
    network = _network(0)
    description = Description(SMALL, parent="v0001", created="2024-05-01", metrics={"dice": {"LV": 0.5}})
    save_weights(tmp_path / "m.safetensors", network, description)
    loaded, told = load_weights(tmp_path / "m.safetensors")
    assert told == description
    image = torch.rand(1, 1, 32, 32)
    assert torch.equal(loaded(image), network(image))


def test_shipped_model_is_there_and_small() -> None:
    assert read_description(SHIPPED).metrics["dice"]["BRAIN"] > 0.9
    assert SHIPPED.stat().st_size < 25_000_000


@pytest.mark.parametrize("content", [b"", b"garbage" * 100, b"\x80\x04\x95pickle"])
def test_what_is_no_model_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "m.safetensors").write_bytes(content)
    with pytest.raises(ValueError, match="no model file"):
        load_weights(tmp_path / "m.safetensors")


def test_weights_of_another_network_are_refused(tmp_path: Path) -> None:
    save_weights(tmp_path / "m.safetensors", _network(0), Description(Architecture((32, 32), (4, 16), 1)))
    with pytest.raises(ValueError, match="do not fit"):
        load_weights(tmp_path / "m.safetensors")


def test_publishing_adds_and_serves(tmp_path: Path) -> None:
    registry = Registry(tmp_path)
    assert registry.current().name == "shipped"
    first = registry.publish(_network(1), Description(SMALL))
    second = registry.publish(_network(2), Description(SMALL))
    assert [v.name for v in registry.versions()] == ["shipped", "v0001", "v0002"]
    assert registry.current() == second
    assert first.path.exists()
    with pytest.raises(ValueError, match="there are shipped, v0001, v0002"):
        registry.version("v9")


def test_predictor_takes_up_a_new_version(tmp_path: Path) -> None:
    registry = Registry(tmp_path)
    registry.publish(_network(1), Description(SMALL))
    predictor = Predictor(registry, threshold=0.5)
    image = speckle(60, 90).astype(np.float32)
    before = predictor.predict(image)
    registry.publish(_network(2), Description(SMALL))
    after = predictor.predict(image)
    assert (before.version, after.version) == ("v0001", "v0002")
    assert_array_equal(Predictor(registry, 0.5, version="v0001").predict(image).mask, before.mask)
    assert after.mask.shape == (60, 90)


def test_settings_describe_the_shipped_architecture() -> None:
    assert read_description(SHIPPED).architecture == Architecture.of(load_settings().model)
