"""The network: a residual UNet with one sigmoid output for each structure."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from monai.networks.nets.unet import UNet

from fetal_head.config import ModelSettings
from fetal_head.labels import NAMES


@dataclass(frozen=True)
class Architecture:
    """All that is needed to build a network and to feed it; stored with its weights."""

    network_size: tuple[int, int]
    channels: tuple[int, ...]
    residual_units: int

    @classmethod
    def of(cls, settings: ModelSettings) -> Architecture:
        """The architecture that the settings ask for."""
        return cls(settings.network_size, settings.channels, settings.residual_units)

    @classmethod
    def from_dict(cls, values: dict[str, object]) -> Architecture:
        """The inverse of `to_dict`. Raises ValueError for what is no description of an architecture."""
        try:
            rows, columns = (int(n) for n in values["network_size"])  # type: ignore[attr-defined]
            channels = tuple(int(n) for n in values["channels"])  # type: ignore[attr-defined]
            return cls((rows, columns), channels, int(values["residual_units"]))  # type: ignore[call-overload]
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"no description of a network: {values!r}") from error

    def to_dict(self) -> dict[str, object]:
        """As JSON can hold it."""
        return asdict(self)

    def build(self) -> UNet:
        """A network with random weights: (N, 1, *network_size) -> (N, 3, *network_size) logits of head, CSP and LV.

        The targets are nested: the first one is the whole head, CSP and LV included, because that is the shape that
        an ellipse describes and that HC18 annotates.
        """
        return UNet(
            spatial_dims=2,
            in_channels=1,
            out_channels=len(NAMES),
            channels=self.channels,
            strides=(2,) * (len(self.channels) - 1),
            num_res_units=self.residual_units,
            norm=("INSTANCE", {"affine": True}),
            act="LEAKYRELU",
        )
