"""Trains the two networks side by side, an epoch of each after the other, and can go on where it was killed."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import torch

from fetal_head.batched import batched
from fetal_head.config import LearningSettings
from fetal_head.labels import NAMES
from fetal_head.learning import ranks
from fetal_head.learning.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from fetal_head.learning.course import Course
from fetal_head.learning.metrics import mean_dice
from fetal_head.learning.samples import Sample, View
from fetal_head.model.network import Architecture, HeadNetworks

WATCHED_AT_ONCE = 16


@dataclass(frozen=True)
class Epoch:
    """Progress after one epoch.

    Attributes:
        number, of: which epoch, and how many there will be.
        loss: mean training loss of each network.
        dice: on validation patients by structure, in the head's frame; None where there is nothing to judge by.
        seconds: that it took.
        seconds_left: until the last epoch ends, if all take as long as those so far.
    """

    number: int
    of: int
    loss: dict[str, float]
    dice: dict[str, float | None]
    seconds: float
    seconds_left: float

    @property
    def score(self) -> float | None:
        """Mean Dice over the structures that could be judged, None when there was none."""
        judged = [value for value in self.dice.values() if value is not None]
        return sum(judged) / len(judged) if judged else None


@dataclass(frozen=True)
class Trained:
    """The networks after the last epoch, in evaluation mode on the CPU, and the course of the training."""

    networks: HeadNetworks
    epochs: tuple[Epoch, ...]


def train(
    networks: HeadNetworks,
    architecture: Architecture,
    training: Sequence[Sample],
    validation: Sequence[Sample],
    settings: LearningSettings,
    on_epoch: Callable[[Epoch], None] = lambda _: None,
    say: Callable[[str], None] = lambda _: None,
    *,
    shares: Sequence[float] | None = None,
    checkpoint: Path | None = None,
    run: str = "",
) -> Trained:
    """Trains the networks on `training` and watches `validation`, of other patients.

    The last epoch's networks are the result: the learning rate has come down to nothing by then, and picking the epoch that
    a handful of validation images liked best would spoil them for the judgement that follows.

    Args:
        say: told when the training goes on where an earlier one was broken off.
        shares: how often each training sample is drawn relative to the others; None draws all alike.
        checkpoint: file that holds the state after each epoch; deleted by the caller once the result is safe.
        run: what makes this training another one than that of an older checkpoint, which is then not gone on with; in every
            rank the same.

    Raises:
        ValueError: there is nothing to train on.
    """
    if not training:
        raise ValueError("there is no label to train on: submit at least one corrected image first")
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    networks = networks.to(device)
    courses = _courses(networks, architecture, training, [1.0] * len(training) if shares is None else shares, settings)
    watched = [sample.framed for sample in validation if sample.framed is not None]

    saved = load_checkpoint(checkpoint, run, courses) if checkpoint else None
    epochs = [Epoch(**epoch) for epoch in saved.epochs] if saved else []
    if saved:
        networks.load_state_dict(saved.networks)
        for name, course in courses.items():
            course.load_state(saved.courses[name])
        say(f"an earlier training was broken off: this one goes on after its epoch {len(epochs)}")
    for number in range(len(epochs) + 1, settings.max_epochs + 1):
        started = time.monotonic()
        loss = {name: course.epoch(number) for name, course in courses.items()}
        dice = evaluate(networks.segmenter, watched, architecture.frame_size)
        seconds = time.monotonic() - started
        left = (sum(e.seconds for e in epochs) + seconds) / number * (settings.max_epochs - number)
        epochs.append(Epoch(number, settings.max_epochs, loss, dice, seconds, left))
        if checkpoint and ranks.rank() == 0:
            states = {name: course.state() for name, course in courses.items()}
            save_checkpoint(checkpoint, Checkpoint(run, networks.state_dict(), states, [asdict(e) for e in epochs]))
        on_epoch(epochs[-1])
    return Trained(networks.cpu().eval(), tuple(epochs))


def _courses(
    networks: HeadNetworks,
    architecture: Architecture,
    training: Sequence[Sample],
    shares: Sequence[float],
    settings: LearningSettings,
) -> dict[str, Course]:
    courses = {}
    if settings.train_locator:
        whole = [sample.whole for sample in training]
        courses["locator"] = Course(networks.locator, architecture.locator_size, whole, shares, settings)
    framed = [(sample.framed, share) for sample, share in zip(training, shares, strict=True) if sample.framed is not None]
    if framed:
        views, framed_shares = zip(*framed, strict=True)
        courses["segmenter"] = Course(networks.segmenter, architecture.frame_size, views, framed_shares, settings)
    return courses


def evaluate(network: torch.nn.Module, views: Sequence[View], size: tuple[int, int]) -> dict[str, float | None]:
    """Mean Dice by structure over the views, cut to `size`, in which it is annotated and present."""
    if not views:
        return dict.fromkeys(NAMES)
    device = next(network.parameters()).device
    network.eval()
    predicted = []
    with torch.inference_mode():
        for some in batched(views, WATCHED_AT_ONCE):
            images = torch.stack([_middle(view.image.float(), size) for view in some])
            predicted.append((network(images.to(device)) > 0).cpu())
    target = torch.stack([_middle(view.target, size) for view in views])
    known = torch.stack([view.known for view in views])
    return dict(zip(NAMES, mean_dice(torch.cat(predicted), target, known), strict=True))


def _middle(planes: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
    top, left = (planes.shape[1] - size[0]) // 2, (planes.shape[2] - size[1]) // 2
    return planes[:, top : top + size[0], left : left + size[1]]
