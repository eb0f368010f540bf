"""A model file: what was written, or nothing."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from fetal_head.model.network import Architecture
from fetal_head.model.registry import SHIPPED
from fetal_head.model.weights import Description, load_weights, read_description, save_weights
from fetal_head.patients import patient_of
from hostile.models import SMALL, small_network


def test_written_then_loaded(tmp_path: Path) -> None:
    network = small_network(0)
    description = Description(SMALL, parent="v0001", created="2024-05-01", metrics={"dice": {"LV": 0.5}})
    save_weights(tmp_path / "m.safetensors", network, description)
    loaded, told = load_weights(tmp_path / "m.safetensors")
    assert told == description
    image = torch.rand(1, 1, 32, 32)
    assert torch.equal(loaded.locator(image), network.locator(image))
    assert torch.equal(loaded.segmenter(image), network.segmenter(image))


def test_shipped_model_is_small_and_says_what_it_learned_from() -> None:
    learned = read_description(SHIPPED).training
    assert set(learned["images"]) == {"phantoms", "heads", "all"}
    assert {patient_of("010_HC"), patient_of("Patient00644_Plane3_1_of_3")} <= set(learned["patients"])
    assert SHIPPED.stat().st_size < 25_000_000


@given(st.data())
def test_no_bit_of_a_model_changes_unseen(data: st.DataObject) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "m.safetensors"
        save_weights(path, small_network(0), Description(SMALL, created="2024-05-01"))
        content = bytearray(path.read_bytes())
        content[data.draw(st.integers(0, len(content) - 1))] ^= 1 << data.draw(st.integers(0, 7))
        path.write_bytes(content)
        with pytest.raises(ValueError, match=r"^m\.safetensors"):
            load_weights(path)


@pytest.mark.parametrize("content", [b"", b"garbage" * 100, b"\x80\x04\x95pickle"])
def test_what_is_no_model_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "m.safetensors").write_bytes(content)
    with pytest.raises(ValueError, match="no model file"):
        load_weights(tmp_path / "m.safetensors")


def test_weights_of_another_network_are_refused(tmp_path: Path) -> None:
    save_weights(
        tmp_path / "m.safetensors", small_network(0), Description(Architecture((32, 32), (32, 32), "residual_unet", (4, 16), 1))
    )
    with pytest.raises(ValueError, match="do not fit"):
        load_weights(tmp_path / "m.safetensors")


@pytest.mark.parametrize("network", ["unet", "residual_unet", "attention_unet"])
@pytest.mark.parametrize("channels", [(), (8,)])
def test_a_network_without_a_level_to_go_down_to_is_refused(tmp_path: Path, network: str, channels: tuple[int, ...]) -> None:
    description = Description(Architecture((32, 32), (32, 32), network, channels, 1))
    save_weights(tmp_path / "m.safetensors", small_network(0), description)
    with pytest.raises(ValueError, match=r"m\.safetensors is no model file of this app"):
        load_weights(tmp_path / "m.safetensors")
