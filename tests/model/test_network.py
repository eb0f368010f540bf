"""Networks and the sizes that they are fed."""

from __future__ import annotations

from dataclasses import replace

import pytest

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
