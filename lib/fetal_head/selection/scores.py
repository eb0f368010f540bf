"""How unsure the model is of an image."""

from __future__ import annotations

import torch

# about a quarter of a small structure at the network's size: keeps a structure that is nearly absent from dividing by zero
LEAST_AREA = 100.0


def uncertainty(probabilities: torch.Tensor) -> torch.Tensor:
    """Binary entropy in nats per pixel that a structure is expected to have, averaged over structures: (N, S, H, W) -> (N,).

    Taken per structure, because the outline of the head is so long that it would drown CSP and LV.
    """
    p = probabilities.double().clamp(1e-6, 1 - 1e-6)
    entropy = -(p * p.log() + (1 - p) * (1 - p).log())
    area = probabilities.double().sum(dim=(-2, -1)).clamp(min=LEAST_AREA)
    return (entropy.sum(dim=(-2, -1)) / area).mean(dim=-1)
