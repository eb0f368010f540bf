"""How unsure a model is of an image, by structure, from the logits of several thinned-out copies of it."""

from __future__ import annotations

from dataclasses import dataclass

import torch

# about a quarter of a small structure at the network's size: keeps a structure that is nearly absent from dividing by zero
LEAST_AREA = 100.0
# what MONAI Label's epistemic scoring puts in the place of a probability of 0
STOCK_LEAST = 0.00005
# whose logarithm is defined; times 0 it is 0
TINY = 1e-20


@dataclass(frozen=True)
class Doubt:
    """Of N images, each number by structure.

    Attributes:
        entropy: (N, S), in nats. Predictive entropy of a pixel, averaged over the pixels with the probability of the structure as
            weight: how unsure the model is where it expects the structure.
        bald: (N, S), in nats. The mutual information of answer and network with the same weights: that part of the entropy which
            comes from the copies' disagreement and not from each one's own doubt (Houlsby et al. 2011).
        area: (N, S). Pixels in which the structure is likelier than not.
        epistemic: (N,). What MONAI Label's `EpistemicScoring` makes of the same copies.
    """

    entropy: torch.Tensor
    bald: torch.Tensor
    area: torch.Tensor
    epistemic: torch.Tensor


def doubt(logits: torch.Tensor) -> Doubt:
    """(N, K, S, H, W) logits of K copies -> what they say of each image.

    Taken per structure, because the outline of the head is so long that it would drown CSP and LV.
    """
    probability = logits.sigmoid()
    # by the likelier of the two answers, whose logarithm is small and exact: ONNX Runtime takes three times as long by softplus
    size = logits.abs()
    likelier = size.sigmoid()
    each = size * (1 - likelier) - likelier.log()
    mean = probability.mean(1)
    total = _binary_entropy(mean)
    weight = mean / mean.sum(dim=(-2, -1), keepdim=True).clamp(min=LEAST_AREA)
    stock = -(mean * mean.clamp(min=STOCK_LEAST).log()).sum(1)
    return Doubt(
        entropy=(weight * total).sum(dim=(-2, -1)),
        bald=(weight * (total - each.mean(1))).sum(dim=(-2, -1)).clamp(min=0),
        area=(mean > 0.5).to(mean.dtype).sum(dim=(-2, -1)),
        epistemic=stock.mean(dim=(-2, -1)),
    )


def _binary_entropy(probability: torch.Tensor) -> torch.Tensor:
    other = 1 - probability
    return -(probability * probability.clamp(min=TINY).log() + other * other.clamp(min=TINY).log())
