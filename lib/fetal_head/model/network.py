"""The two networks of the model: one finds the head in the whole image, the other outlines it and what lies in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

import torch
from monai.networks.nets.attentionunet import AttentionUnet
from monai.networks.nets.unet import UNet
from pydantic import Field

from fetal_head.config import LARGEST, MOST_LEVELS, ModelSettings
from fetal_head.labels import NAMES
from fetal_head.model.engine import as_onnx

# what the networks of segmentation-models-pytorch begin with
FOREIGN = "smp:"
Size = Annotated[int, Field(gt=0, le=LARGEST)]


@dataclass(frozen=True)
class Architecture:
    """All that is needed to build the networks and to feed them; stored with their weights.

    Attributes:
        locator_size: (rows, columns) at which the whole image is looked at to find the head.
        frame_size: (rows, columns) of the head's own frame, in which it is outlined.
        network: a name in `NETWORKS`, or `smp:DECODER:ENCODER` for one of segmentation-models-pytorch.
        channels: features at each level.
        residual_units: a level, for the network that has them.
    """

    locator_size: tuple[Size, Size]
    frame_size: tuple[Size, Size]
    network: str
    channels: Annotated[tuple[Size, ...], Field(min_length=2, max_length=MOST_LEVELS)]
    residual_units: Annotated[int, Field(ge=0, le=MOST_LEVELS)]

    @classmethod
    def of(cls, settings: ModelSettings) -> Architecture:
        """The architecture that the settings ask for."""
        return cls(
            (settings.locator_rows, settings.locator_columns),
            (settings.frame_rows, settings.frame_columns),
            settings.network,
            settings.channels,
            settings.residual_units,
        )

    def build(self) -> HeadNetworks:
        """Both networks with random weights. Raises ValueError for a network that does not exist or is not installed."""
        return HeadNetworks(self._network(1), self._network(len(NAMES)))

    def check_sizes(self) -> None:
        """Raises ValueError for networks that take no images of the sizes that they are fed, cannot be served, or as `build`."""
        with torch.device("meta"):  # where nothing takes memory
            networks = self.build().eval()
            for network, size in ((networks.locator, self.locator_size), (networks.segmenter, self.frame_size)):
                try:
                    found = tuple(network(torch.zeros(1, 1, *size)).shape[2:])
                except (RuntimeError, ValueError, AssertionError):
                    found = ()
                if found != size:
                    said = f"the network '{self.network}' takes no images of {size[0]} x {size[1]} pixels"
                    raise ValueError(f"{said}: each of its levels has to halve both sides")
        if self.network.startswith(FOREIGN):
            self._check_served()

    def _check_served(self) -> None:
        """Raises ValueError for networks that only a GPU could ask, which would be found when hours of training are over."""
        networks = self.build().eval()
        for network, size in ((networks.locator, self.locator_size), (networks.segmenter, self.frame_size)):
            try:
                as_onnx(network, {"images": torch.zeros(1, 1, *size)}, ["logits"])
            except ValueError as error:
                raise ValueError(f"the network '{self.network}' cannot be served: {error}") from error

    def _network(self, outputs: int) -> torch.nn.Module:
        if self.network.startswith(FOREIGN):
            return _smp(self.network, outputs)
        if self.network not in NETWORKS:
            raise ValueError(f"there is no network '{self.network}'; there are {', '.join(NETWORKS)} and smp:DECODER:ENCODER")
        return NETWORKS[self.network](self, outputs)


class HeadNetworks(torch.nn.Module):
    """The two networks under one roof, so that they are saved, moved and published together.

    Attributes:
        locator: (N, 1, *locator_size) -> (N, 1, *locator_size), logits of the whole head.
        segmenter: (N, 1, *frame_size) -> (N, 3, *frame_size), logits of the whole head, CSP and LV. The targets are nested: the
            head is an ellipse with CSP and LV in it, which is also what HC18 annotates.
    """

    def __init__(self, locator: torch.nn.Module, segmenter: torch.nn.Module) -> None:
        super().__init__()
        self.locator = locator
        self.segmenter = segmenter


def _unet(architecture: Architecture, outputs: int, residual_units: int) -> torch.nn.Module:
    network: torch.nn.Module = UNet(
        spatial_dims=2,
        in_channels=1,
        out_channels=outputs,
        channels=architecture.channels,
        strides=(2,) * (len(architecture.channels) - 1),
        num_res_units=residual_units,
        norm=("INSTANCE", {"affine": True}),
        act="LEAKYRELU",
    )
    return network


def _attention_unet(architecture: Architecture, outputs: int) -> torch.nn.Module:
    strides = (2,) * (len(architecture.channels) - 1)
    network: torch.nn.Module = AttentionUnet(
        spatial_dims=2, in_channels=1, out_channels=outputs, channels=architecture.channels, strides=strides
    )
    return network


def _smp(name: str, outputs: int) -> torch.nn.Module:
    try:
        import segmentation_models_pytorch as smp
    except (ImportError, RuntimeError) as error:  # torchvision, which it imports, raises the latter beside another build of torch
        advice = "pip install 'fetal-head[smp]'"
        raise ValueError(f"the network '{name}' needs segmentation-models-pytorch ({advice}): {error}") from error
    try:
        _, decoder, encoder = name.split(":")
        network: torch.nn.Module = smp.create_model(decoder, encoder, encoder_weights=None, in_channels=1, classes=outputs)
    except Exception as error:  # each encoder refuses in its own way
        raise ValueError(f"segmentation-models-pytorch makes no network '{name}' (as in smp:unet:resnet18): {error}") from error
    return network


NETWORKS: dict[str, Callable[[Architecture, int], torch.nn.Module]] = {
    "unet": lambda architecture, outputs: _unet(architecture, outputs, 0),
    "residual_unet": lambda architecture, outputs: _unet(architecture, outputs, architecture.residual_units),
    "attention_unet": _attention_unet,
}
