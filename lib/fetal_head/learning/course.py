"""One network on its way through the epochs: its optimiser, its schedule and its batches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from fetal_head.config import LearningSettings
from fetal_head.learning import ranks
from fetal_head.learning.augmentation import Augmentation
from fetal_head.learning.batches import Batches
from fetal_head.learning.loss import LossWeights, partial_loss
from fetal_head.learning.samples import View


class Course:
    """Trains one network by AdamW, its learning rate rising for a tenth of the steps and then falling to nothing."""

    def __init__(
        self,
        network: torch.nn.Module,
        size: tuple[int, int],
        views: Sequence[View],
        shares: Sequence[float],
        settings: LearningSettings,
    ) -> None:
        """`size` is what the network is fed, `shares` how often each view is drawn relative to the others."""
        self._network = ranks.shared(network)
        self._batches = Batches(views, Augmentation(settings.augmentation, size), settings.batch_size, settings.seed, shares)
        self._count = settings.batches_per_epoch
        self._seed = settings.seed
        self._weights = LossWeights.of(settings)
        self._optimiser = torch.optim.AdamW(network.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay)
        steps = settings.max_epochs * self._count
        # torch divides by the steps of the rise less one
        rise = 0.1 if steps != 10 else 0.2
        self._schedule = torch.optim.lr_scheduler.OneCycleLR(self._optimiser, settings.learning_rate, steps, pct_start=rise)

    def epoch(self, number: int) -> float:
        """Goes through the batches of epoch `number` (1, 2, ...) and returns their mean loss."""
        device = next(self._network.parameters()).device
        # a network may drop features by chance: what it draws, too, depends on seed and epoch alone
        torch.manual_seed(int(np.random.default_rng((self._seed, number)).integers(2**63)))
        self._network.train()
        total = 0.0
        for batch in self._batches.epoch(number, self._count):
            image, target, known = (part.to(device) for part in batch)
            with torch.autocast(device.type, dtype=torch.bfloat16, enabled=_has_bfloat16(device)):
                logits = self._network(image)
            loss = partial_loss(logits, target, known, self._weights)
            self._optimiser.zero_grad(set_to_none=True)
            torch.autograd.backward(loss)
            torch.nn.utils.clip_grad_norm_(self._network.parameters(), 5.0)
            self._optimiser.step()
            self._schedule.step()
            total += loss.item()
        return total / self._count

    def state(self) -> dict[str, Any]:
        """All but the network's weights that the next epoch depends on."""
        return {"optimiser": self._optimiser.state_dict(), "schedule": self._schedule.state_dict()}

    def load_state(self, state: dict[str, Any]) -> None:
        """Goes on from where `state` was taken."""
        self._optimiser.load_state_dict(state["optimiser"])
        self._schedule.load_state_dict(state["schedule"])


def _has_bfloat16(device: torch.device) -> bool:
    """Whether a device reckons in it itself: faster than plain numbers where it does, slower elsewhere."""
    if device.type == "cuda":
        return True
    able = torch.cpu.get_capabilities()
    return bool(able.get("avx512_bf16") or able.get("amx_bf16"))
