"""Copies of a network with dropped features, in one pass."""

from __future__ import annotations

import pytest
import torch

from fetal_head.model.engine import _by_onnx_runtime
from fetal_head.model.network import Architecture
from fetal_head.model.sampling import SampledNetwork, keep_masks

SIZE = (32, 48)


def _network(name: str) -> torch.nn.Module:
    torch.manual_seed(0)
    return Architecture((32, 64), SIZE, name, (8, 16, 32), 1).build().segmenter.eval()


class Encoded(torch.nn.Module):
    """Built as the networks of segmentation-models-pytorch are."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = Levels()
        self.decoder = Upwards()

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.decoder(self.encoder(images))


class Levels(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.down = torch.nn.Conv2d(1, 6, 2, 2)

    def forward(self, images: torch.Tensor) -> list[torch.Tensor]:
        return [images, self.down(images)]


class Upwards(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.up = torch.nn.ConvTranspose2d(6, 3, 2, 2)

    def forward(self, levels: list[torch.Tensor]) -> torch.Tensor:
        return self.up(levels[-1]) + levels[0]


@pytest.mark.parametrize("name", ["unet", "residual_unet", "attention_unet", "encoded"])
def test_each_copy_is_the_network_with_its_features_dropped(name: str) -> None:
    network = Encoded().eval() if name == "encoded" else _network(name)
    sampled = SampledNetwork(network, 3, SIZE)
    images = torch.rand(2, 1, *SIZE)
    keep = torch.ones(3, sampled.channels)
    keep[1] = keep_masks(1, sampled.channels, 0.5)
    with torch.inference_mode():
        logits, features = sampled(images, keep)
        copies = logits.unflatten(0, (2, 3))
        plain = network(images)
    for copy in (0, 2):
        torch.testing.assert_close(copies[:, copy], plain)
    assert not torch.allclose(copies[:, 1], plain, atol=1e-4)
    assert features.shape == (2, sampled.channels)


def test_the_same_graph_runs_in_onnx_runtime() -> None:
    sampled = SampledNetwork(_network("residual_unet"), 3, SIZE)
    inputs = {"images": torch.zeros(1, 1, *SIZE), "keep": keep_masks(3, sampled.channels, 0.5)}
    ask = _by_onnx_runtime(sampled, inputs, ["logits", "features"])
    images = torch.rand(5, 1, *SIZE)
    with torch.inference_mode():
        expected = sampled(images, inputs["keep"])
    for found, wanted in zip(ask(images, inputs["keep"]), expected, strict=True):
        torch.testing.assert_close(found, wanted, atol=1e-4, rtol=1e-3)


def test_a_network_of_another_kind_answers_without_dropout() -> None:
    plain = torch.nn.Conv2d(1, 3, 3, padding=1)
    sampled = SampledNetwork(plain, 2, SIZE)
    images = torch.rand(2, 1, *SIZE)
    with torch.inference_mode():
        logits, features = sampled(images, keep_masks(2, 1, 0.5))
        for copy in range(2):
            torch.testing.assert_close(logits.unflatten(0, (2, 2))[:, copy], plain(images))
    assert sampled.channels == 0
    assert features.numel() == 0


def test_masks_keep_the_mean_and_are_always_the_same() -> None:
    masks = keep_masks(200, 64, 0.25)
    assert masks.mean() == pytest.approx(1, abs=0.02)
    assert masks.unique().tolist() == pytest.approx([0, 4 / 3])
    assert torch.equal(masks, keep_masks(200, 64, 0.25))
