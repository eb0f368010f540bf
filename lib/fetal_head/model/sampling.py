"""A network and many thinned-out copies of it in one pass: dropout on its deepest features, injected after training.

Our networks learn without dropout. Injecting it afterwards tells how much an answer hangs on single features, without another
training (Ledda, Fumera & Roli 2023, Dropout Injection at Test Time for Post Hoc Uncertainty Quantification, arXiv 2302.02924).
They find that the size of the doubt needs scaling before it means anything; here only its order counts.
"""

from __future__ import annotations

from copy import deepcopy
from types import MethodType
from typing import Any

import torch
from monai.networks.layers.simplelayers import SkipConnection
from monai.networks.nets.attentionunet import AttentionLayer


def keep_masks(samples: int, channels: int, rate: float) -> torch.Tensor:
    """(samples, channels): 0 for the features that a sample goes without, a share of `rate`, and 1 / (1 - rate) for the rest.

    Always the same ones: a sample is one network, of which every image is asked.
    """
    drawn = torch.rand(samples, channels, generator=torch.Generator().manual_seed(0)) >= rate
    return drawn.float() / (1 - rate)


class SampledNetwork(torch.nn.Module):
    """A network that answers as many times as there are masks; its encoder runs once for each image, its decoder for each answer.

    One thread at a time may ask it.

    Attributes:
        channels: of the deepest features; 0 where they cannot be told, and then every answer is the network's plain one and
            there are no features.
    """

    def __init__(self, network: torch.nn.Module, samples: int, size: tuple[int, int]) -> None:
        """`size`: (rows, columns) of the images that it is asked of."""
        super().__init__()
        self._samples = samples
        self._network = deepcopy(network).eval()
        self._deepest: torch.Tensor | None = None
        self._keep: torch.Tensor | None = None
        self._prepare()
        self.channels = 0
        with torch.inference_mode():
            self._network(torch.zeros(1, 1, *size, device=next(network.parameters()).device))
        if self._deepest is not None:
            self.channels = int(self._deepest.shape[1])

    def forward(self, images: torch.Tensor, keep: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """(N, 1, H, W) and (K, channels) of `keep_masks` -> (N * K, S, H, W) logits and (N, channels) features.

        The K answers for an image follow each other. The features are the deepest ones, averaged over the image.
        """
        self._keep = keep
        logits = self._network(images)
        if self._deepest is None:
            # the mask has no say, but must not be lost from the exported graph
            return self._repeated(logits + 0 * keep.sum()), logits.new_zeros(0)
        return logits, self._deepest.mean(dim=(-2, -1))

    def _prepare(self) -> None:
        """Has the deepest features dropped, and what bypasses them repeated as often as they are."""
        joints = [module for module in self._network.modules() if isinstance(module, SkipConnection | AttentionLayer)]
        for joint in joints:
            joint.forward = MethodType(_joining(self._repeated, type(joint)), joint)
        if joints:
            deepest: Any = joints[-1].submodule
            deepest.register_forward_hook(lambda _, __, output: self._drop(output))
        elif hasattr(self._network, "encoder") and hasattr(self._network, "decoder"):
            # segmentation-models-pytorch: the encoder gives a feature map a level, the deepest one last
            encoder: Any = self._network.encoder
            encoder.register_forward_hook(lambda _, __, levels: [*map(self._repeated, levels[:-1]), self._drop(levels[-1])])

    def _drop(self, deepest: torch.Tensor) -> torch.Tensor:
        self._deepest = deepest
        if self._keep is None:
            return self._repeated(deepest)
        return (deepest[:, None] * self._keep[None, :, :, None, None]).flatten(0, 1)

    def _repeated(self, planes: torch.Tensor) -> torch.Tensor:
        # ONNX Runtime takes half as long again to expand them
        return torch.stack([planes] * self._samples, dim=1).flatten(0, 1)


def _joining(repeated: Any, kind: type[torch.nn.Module]) -> Any:
    """What MONAI's `kind` of joint does with the features of its level and those from below, which are repeated."""

    def concatenate(self: SkipConnection, level: torch.Tensor) -> torch.Tensor:
        below = self.submodule(level)
        return torch.cat([repeated(level), below], dim=1)

    def attend(self: AttentionLayer, level: torch.Tensor) -> torch.Tensor:
        below = self.upconv(self.submodule(level))
        level = repeated(level)
        merged: torch.Tensor = self.merge(torch.cat([self.attention(g=below, x=level), below], dim=1))
        return merged

    return concatenate if kind is SkipConnection else attend
