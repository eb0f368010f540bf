"""Trains a network on samples and keeps the epoch that validation patients liked best."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from fetal_head.config import LearningSettings
from fetal_head.labels import CSP, LV, NAMES
from fetal_head.learning.augmentation import augmentation
from fetal_head.learning.loss import partial_loss
from fetal_head.learning.metrics import mean_dice
from fetal_head.learning.samples import Sample
from fetal_head.learning.split import is_validation


@dataclass(frozen=True)
class Epoch:
    """Progress after one epoch: mean training loss, Dice on validation patients by structure (None: nothing to judge by)."""

    number: int
    of: int
    loss: float
    dice: dict[str, float | None]
    seconds: float

    @property
    def score(self) -> float | None:
        """Mean Dice over the structures that could be judged, None when there was none."""
        judged = [value for value in self.dice.values() if value is not None]
        return sum(judged) / len(judged) if judged else None


@dataclass(frozen=True)
class Trained:
    """The network of the best epoch, in evaluation mode on the CPU, and the course of the training."""

    network: torch.nn.Module
    best: Epoch
    epochs: tuple[Epoch, ...]


def train(
    network: torch.nn.Module,
    samples: Sequence[Sample],
    settings: LearningSettings,
    on_epoch: Callable[[Epoch], None] = lambda _: None,
    weights: Sequence[float] | None = None,
) -> Trained:
    """Trains `network` on the samples of training patients, judging each epoch on those of validation patients.

    Without a validation patient the last epoch counts as the best.

    Args:
        samples: all that is labelled; the split by patient is made here.
        weights: how often each sample is drawn relative to the others; None draws all alike.

    Raises:
        ValueError: there is nothing to train on.
    """
    chosen = [i for i, sample in enumerate(samples) if not is_validation(sample.patient, settings.validation_folds)]
    validation = [sample for sample in samples if is_validation(sample.patient, settings.validation_folds)]
    if not chosen:  # so few labels that every patient fell into the validation fold
        chosen, validation = list(range(len(samples))), []
    if not chosen:
        raise ValueError("there is no label to train on: submit at least one corrected image first")

    torch.manual_seed(settings.seed)
    batches = _Batches([samples[i] for i in chosen], None if weights is None else [weights[i] for i in chosen], settings)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    network = network.to(device)
    optimiser = torch.optim.AdamW(network.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay)
    steps = settings.max_epochs * settings.batches_per_epoch
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, settings.learning_rate, total_steps=steps, pct_start=0.1)
    pixel_weights = torch.tensor([{CSP.name: settings.csp_weight, LV.name: settings.lv_weight}.get(n, 1.0) for n in NAMES])

    epochs: list[Epoch] = []
    best, best_weights = Epoch(0, settings.max_epochs, float("inf"), dict.fromkeys(NAMES), 0.0), network.state_dict()
    for number in range(1, settings.max_epochs + 1):
        started = time.monotonic()
        loss = _one_epoch(network, batches, optimiser, schedule, pixel_weights.to(device), settings.batches_per_epoch)
        epoch = Epoch(number, settings.max_epochs, loss, evaluate(network, validation), time.monotonic() - started)
        epochs.append(epoch)
        on_epoch(epoch)
        if epoch.score is None or epoch.score >= (best.score or 0.0):
            best, best_weights = epoch, copy.deepcopy(network.state_dict())
    network.load_state_dict(best_weights)
    return Trained(network.cpu().eval(), best, tuple(epochs))


def evaluate(network: torch.nn.Module, samples: Sequence[Sample], batch_size: int = 16) -> dict[str, float | None]:
    """Mean Dice by structure at the network's size, over the samples in which it is annotated and present."""
    if not samples:
        return dict.fromkeys(NAMES)
    device = next(network.parameters()).device
    network.eval()
    predicted = []
    with torch.inference_mode():
        for start in range(0, len(samples), batch_size):
            images = torch.stack([sample.image.float() for sample in samples[start : start + batch_size]])
            predicted.append((network(images.to(device)) > 0).cpu())
    target = torch.stack([sample.target for sample in samples])
    known = torch.stack([sample.known for sample in samples])
    return dict(zip(NAMES, mean_dice(torch.cat(predicted), target, known), strict=True))


def _one_epoch(
    network: torch.nn.Module,
    batches: _Batches,
    optimiser: torch.optim.Optimizer,
    schedule: torch.optim.lr_scheduler.LRScheduler,
    pixel_weights: torch.Tensor,
    count: int,
) -> float:
    network.train()
    total = 0.0
    for _ in range(count):
        image, target, known = (part.to(pixel_weights.device) for part in batches.draw())
        loss = partial_loss(network(image), target, known, pixel_weights)
        optimiser.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(network.parameters(), 5.0)
        optimiser.step()
        schedule.step()
        total += float(loss.detach())
    return total / count


class _Batches:
    """Draws augmented batches, the same ones for the same seed."""

    def __init__(self, samples: Sequence[Sample], weights: Sequence[float] | None, settings: LearningSettings) -> None:
        self._samples = samples
        share = np.ones(len(samples)) if weights is None else np.asarray(weights, dtype=float)
        self._share = share / share.sum()
        self._size = settings.batch_size
        self._random = np.random.default_rng(settings.seed)
        self._augment = augmentation(settings.seed)

    def draw(self) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """(N, 1, H, W) images, (N, 3, H, W) targets and (N, 3) known."""
        drawn = [self._samples[i] for i in self._random.choice(len(self._samples), self._size, p=self._share)]
        changed = [self._augment({"image": s.image.float(), "target": s.target.float()}) for s in drawn]
        images = torch.stack([torch.as_tensor(c["image"].as_tensor()) for c in changed])
        targets = torch.stack([torch.as_tensor(c["target"].as_tensor()) for c in changed])
        return images, targets, torch.stack([s.known for s in drawn])
