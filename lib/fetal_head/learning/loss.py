"""Dice + cross-entropy over nested targets, blind where a structure is not annotated."""

from __future__ import annotations

import torch
from torch.nn.functional import binary_cross_entropy_with_logits


def partial_loss(logits: torch.Tensor, target: torch.Tensor, known: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    """Mean over structures of batch-wise soft Dice loss and cross-entropy in which a structure's own pixels weigh more.

    Dice is taken over the whole batch: for a structure of 0.5 % of the image, absent from some, the Dice of a single
    image jumps between 0 and 1.

    Args:
        logits, target: (N, S, H, W).
        known: (N, S), 0 where the structure is not annotated: those planes give neither loss nor gradient.
        weights: (S,), what a pixel of the structure counts for in the cross-entropy.
    """
    target = target.to(logits.dtype)
    seen = known[:, :, None, None]
    probabilities = torch.sigmoid(logits) * seen
    target = target * seen
    overlap = (probabilities * target).sum(dim=(0, 2, 3))
    total = (probabilities + target).sum(dim=(0, 2, 3))
    present = target.sum(dim=(0, 2, 3)) > 0
    dice = torch.where(present, 1 - (2 * overlap + 1) / (total + 1), torch.zeros_like(total))

    entropy = binary_cross_entropy_with_logits(logits, target, pos_weight=weights[:, None, None], reduction="none")
    images = known.sum(dim=0).clamp(min=1)
    entropy = (entropy * seen).mean(dim=(2, 3)).sum(dim=0) / images

    annotated = (known.sum(dim=0) > 0).to(logits.dtype)
    return ((dice + entropy) * annotated).sum() / annotated.sum().clamp(min=1)
