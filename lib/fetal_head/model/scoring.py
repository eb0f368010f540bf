"""The scoring pass: how unsure a model is of many images, and what they look like to it, in batches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256

import numpy as np
import torch
from numpy.typing import NDArray

from fetal_head.config import ModelSettings, SelectionSettings
from fetal_head.model.engine import Ask, asked
from fetal_head.model.frame import Frame, cut
from fetal_head.model.locating import Locator
from fetal_head.model.network import Architecture, HeadNetworks
from fetal_head.model.preprocessing import normalise, place
from fetal_head.model.sampling import SampledNetwork, keep_masks
from fetal_head.selection.scores import doubt

Picture = NDArray[np.float16]
OUTPUTS = ("entropy", "bald", "area", "epistemic", "features")


@dataclass(frozen=True)
class Score:
    """What a model makes of one image; tuples are by structure.

    Attributes:
        entropy, bald, epistemic: see `selection.scores.Doubt`.
        seen: whether the model sees the structure.
        feature: of unit length, float16; alike for images that look alike to the model. Empty where the network has none to give.
    """

    entropy: tuple[float, ...]
    bald: tuple[float, ...]
    seen: tuple[bool, ...]
    feature: NDArray[np.float16]
    epistemic: float


class Scorer:
    """One model version, asked how unsure it is.

    Attributes:
        frames_digest: the same for versions that cut images alike, whose frames can so be kept.
    """

    def __init__(
        self, networks: HeadNetworks, architecture: Architecture, settings: ModelSettings, selection: SelectionSettings
    ) -> None:
        self._networks = networks
        self._architecture = architecture
        self._size = architecture.frame_size
        self._smallest_share = settings.smallest_share
        self.frames_digest = _digest(networks.locator, architecture)
        network = _Scoring(SampledNetwork(networks.segmenter, selection.dropout_samples, self._size), selection.dropout_samples)
        self._keep = keep_masks(selection.dropout_samples, max(network.channels, 1), selection.dropout_rate)
        self._ask: Ask = asked(network, {"images": torch.zeros(1, 1, *self._size), "keep": self._keep}, OUTPUTS)

    def frames(self, images: Sequence[NDArray[np.float32]]) -> list[Picture]:
        """What the segmenter sees of grey images, (rows, columns) in any range: (H, W) of each, all of it if no head is found."""
        pixels = [normalise(image) for image in images]
        return [self._cut(planes, frame) for planes, frame in zip(pixels, self._locator.find(pixels), strict=True)]

    def scores(self, frames: Sequence[Picture]) -> list[Score]:
        """The scores of frames."""
        entropy, bald, area, epistemic, features = self._ask(torch.from_numpy(np.stack(frames)).float()[:, None], self._keep)
        seen = (area > 0) & (area >= self._smallest_share * area[:, :1])
        unit = (features / features.norm(dim=-1, keepdim=True).clamp(min=1e-6)).half().numpy()
        numbers = zip(entropy.tolist(), bald.tolist(), seen.tolist(), epistemic.tolist(), strict=True)
        return [
            Score(tuple(of_entropy), tuple(of_bald), tuple(of_seen), unit[i] if len(unit) else unit, of_epistemic)
            for i, (of_entropy, of_bald, of_seen, of_epistemic) in enumerate(numbers)
        ]

    @cached_property
    def _locator(self) -> Locator:
        # not needed as long as all frames are at hand
        return Locator(self._networks.locator, self._architecture)

    def _cut(self, planes: torch.Tensor, frame: Frame | None) -> Picture:
        seen = place(planes, self._size) if frame is None else cut(planes, frame, self._size)
        return seen[0].half().numpy()


class _Scoring(torch.nn.Module):
    """Ends in the scores, so that a GPU hands over a few numbers and not the planes of every sample."""

    def __init__(self, network: SampledNetwork, samples: int) -> None:
        super().__init__()
        self._network = network
        self._samples = samples
        self.channels = network.channels

    def forward(self, images: torch.Tensor, keep: torch.Tensor) -> tuple[torch.Tensor, ...]:
        logits, features = self._network(images, keep)
        found = doubt(logits.float().unflatten(0, (-1, self._samples)))
        # in the order of OUTPUTS
        return found.entropy, found.bald, found.area, found.epistemic, features.float()


def _digest(locator: torch.nn.Module, architecture: Architecture) -> str:
    digest = sha256(repr((architecture.locator_size, architecture.frame_size)).encode())
    for name, tensor in sorted(locator.state_dict().items()):
        digest.update(name.encode())
        digest.update(tensor.cpu().numpy().tobytes())
    return digest.hexdigest()[:16]
