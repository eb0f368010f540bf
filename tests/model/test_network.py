"""Networks and the sizes that they are fed."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch

from fetal_head.config import load_settings
from fetal_head.model.network import Architecture
from hostile.models import SMALL


def test_images_go_through_the_networks_of_the_settings() -> None:
    for network in ("unet", "residual_unet", "attention_unet"):
        replace(Architecture.of(load_settings().model), network=network).check_sizes()


@pytest.mark.parametrize(
    "changes",
    [{"locator_size": (33, 32)}, {"frame_size": (33, 32)}, {"frame_size": (2, 2)}, {"channels": (4, 8, 16, 32, 64, 64, 64)}],
)
def test_sizes_that_a_network_cannot_halve_are_refused(changes: dict[str, tuple[int, ...]]) -> None:
    architecture = replace(SMALL, **changes)
    with pytest.raises(ValueError, match=r"the network 'residual_unet' takes no images of (33 x 32|2 x 2|32 x 32) pixels"):
        architecture.check_sizes()


def _at_a_third(outputs: int) -> torch.nn.Module:
    # as the pyramid of a PSPNet does, by shares of the image that are no whole numbers of pixels
    return torch.nn.Sequential(
        torch.nn.Conv2d(1, outputs, 1), torch.nn.AdaptiveAvgPool2d((3, 3)), torch.nn.Upsample(SMALL.frame_size)
    )


def _counted(outputs: int) -> torch.nn.Module:
    # as the encoder of a SegFormer does
    return torch.nn.Conv2d(1, outputs, int(torch.ones(1).item()))


@pytest.mark.parametrize(
    ("make", "told"),
    [(_at_a_third, "cannot be served: ONNX, .* cannot express it: .*adaptive_avg_pool2d"), (_counted, "makes no network .*item")],
)
def test_a_network_that_no_server_can_ask_is_refused_before_it_is_trained(
    make: Callable[[int], torch.nn.Module], told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = SimpleNamespace(create_model=lambda *_, classes, **__: make(classes))
    monkeypatch.setitem(sys.modules, "segmentation_models_pytorch", library)
    with pytest.raises(ValueError, match=told):
        replace(SMALL, network="smp:some:network").check_sizes()
