"""Dice + cross-entropy over nested targets, blind where a structure is not annotated."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch.nn.functional import binary_cross_entropy_with_logits

from fetal_head.config import LearningSettings
from fetal_head.labels import CSP, LV, NAMES
from fetal_head.learning.ranks import over_ranks


@dataclass(frozen=True)
class LossWeights:
    """What counts how much.

    Attributes:
        dice, entropy: the two parts of the loss.
        pixels: (S,), what a pixel of each structure counts for in the cross-entropy, one of its background being 1.
    """

    dice: float
    entropy: float
    pixels: tuple[float, ...]

    @classmethod
    def of(cls, settings: LearningSettings) -> LossWeights:
        """As the settings say."""
        pixels = {CSP.name: settings.csp_weight, LV.name: settings.lv_weight}
        return cls(settings.dice_weight, settings.entropy_weight, tuple(pixels.get(name, 1.0) for name in NAMES))


def partial_loss(logits: torch.Tensor, target: torch.Tensor, known: torch.Tensor, weights: LossWeights) -> torch.Tensor:
    """Mean over structures of batch-wise soft Dice loss and cross-entropy.

    Dice is taken over the whole batch (over all ranks that train together): for a structure of 0.5 % of the image, absent
    from some, the Dice of a single image jumps between 0 and 1.

    Args:
        logits, target: (N, S, H, W).
        known: (N, S), 0 where the structure is not annotated: those planes give neither loss nor gradient.
    """
    logits, target = logits.float(), target.float()
    seen = known[:, :, None, None]
    probabilities = torch.sigmoid(logits) * seen
    target = target * seen
    overlap = over_ranks((probabilities * target).sum(dim=(0, 2, 3)))
    truth = over_ranks(target.sum(dim=(0, 2, 3)))
    total = over_ranks(probabilities.sum(dim=(0, 2, 3))) + truth
    dice = torch.where(truth > 0, 1 - (2 * overlap + 1) / (total + 1), torch.zeros_like(total))

    pixels = logits.new_tensor(weights.pixels)[: logits.shape[1], None, None]
    entropy = binary_cross_entropy_with_logits(logits, target, pos_weight=pixels, reduction="none")
    images = over_ranks(known.sum(dim=0))
    entropy = over_ranks((entropy * seen).mean(dim=(2, 3)).sum(dim=0)) / images.clamp(min=1)

    annotated = (images > 0).to(logits.dtype)
    both = weights.dice * dice + weights.entropy * entropy
    return (both * annotated).sum() / annotated.sum().clamp(min=1)
