"""Dice as the trainer watches it."""

from __future__ import annotations

import torch


def dice_per_image(predicted: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Dice of boolean planes, (..., H, W) -> (...); NaN where both are empty, since nothing was there to be found."""
    overlap = (predicted & target).sum(dim=(-2, -1)).double()
    total = (predicted.sum(dim=(-2, -1)) + target.sum(dim=(-2, -1))).double()
    return 2 * overlap / torch.where(total > 0, total, torch.full_like(total, float("nan")))


def mean_dice(predicted: torch.Tensor, target: torch.Tensor, known: torch.Tensor) -> list[float | None]:
    """Mean Dice by structure over the images in which it is annotated and present; None where there are none.

    Args:
        predicted, target: (N, S, H, W) bool.
        known: (N, S), 0 where not annotated.
    """
    dice = dice_per_image(predicted, target)
    counted = (known > 0) & target.any(dim=-1).any(dim=-1)
    return [float(dice[counted[:, s], s].mean()) if bool(counted[:, s].any()) else None for s in range(dice.shape[1])]
