"""One press of the Train button: read the labels, train, judge, and publish what is better than the served model."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from functools import partial
from hashlib import sha256
from typing import Any

import torch

from fetal_head.config import CHANGE_NO_RESULT, LearningSettings, Settings
from fetal_head.learning import ranks
from fetal_head.learning.comparing import compare
from fetal_head.learning.divided import Divided, read_divided
from fetal_head.learning.judging import Verdict
from fetal_head.learning.lineage import fingerprint, learned_and_held
from fetal_head.learning.running import only_training
from fetal_head.learning.samples import Labelled, LeftOut
from fetal_head.learning.tracking import NOWHERE, tracking
from fetal_head.learning.trainer import Epoch, train
from fetal_head.learning.untaught import cautious
from fetal_head.model.ancestry import learned_by_any
from fetal_head.model.network import Architecture
from fetal_head.model.registry import Registry, ServedMeanwhileError, Version
from fetal_head.model.segmenter import Segmenter
from fetal_head.model.weights import Description, load_weights, starting_networks

CHECKPOINT = "training.checkpoint"


@dataclass(frozen=True)
class Outcome:
    """The new version, whether it is served now and why, its last epoch, and the labels that could not be learned from."""

    version: str
    verdict: Verdict
    last: Epoch
    left_out: tuple[LeftOut, ...]

    @property
    def published(self) -> bool:
        """Whether the new version is served."""
        return self.verdict.better


def retrain(
    labels: Sequence[Labelled],
    settings: Settings,
    registry: Registry,
    *,
    start: Version | None,
    on_begin: Callable[[], None] = lambda: None,
    on_epoch: Callable[[Epoch], None] = lambda _: None,
    say: Callable[[str], None] = lambda _: None,
) -> Outcome | None:
    """Trains on `labels` and keeps the result as a version, which is served if it is better than the one that is.

    A training that was killed goes on from its last epoch, as long as it starts from the same version, images, labels and
    settings; with other labels it starts anew, for a patient that it learned from may be held back now. It takes a process for
    each GPU, or as many as the settings say.

    Args:
        start: version to go on from, in its own architecture; None starts from random weights in the settings' one.
        on_begin: told once that no other training of these models runs, by the first rank alone.
        on_epoch: told of every epoch, by the first rank alone.
        say: told of every label that is left out or not judged on, and of an earlier training that is gone on with, by the first
            rank alone.

    Returns:
        None in every rank but the first, when several train together.

    Raises:
        ValueError: no label, none that is readable, or none of a patient that is learned from; a batch that does not go round
            all processes.
        AlreadyTrainingError: another training of these models runs.
    """
    if not labels:
        raise ValueError("there is no submitted label yet; correct and submit at least one image first")
    processes = check_processes(settings.learning)
    if processes > 1 and not ranks.together():
        others = partial(retrain, labels, settings, registry, start=start)
        return ranks.in_ranks(processes, partial(others, on_begin=on_begin, on_epoch=on_epoch, say=say), others)
    if ranks.rank() > 0:
        return _retrain(labels, settings, registry, start, lambda _: None, lambda _: None)
    with only_training(registry.folder):
        on_begin()
        return _retrain(labels, settings, registry, start, on_epoch, say)


def check_processes(learning: LearningSettings) -> int:
    """How many train together. Raises ValueError when one of them would get nothing of a batch."""
    size = learning.batch_size
    count = ranks.count() if ranks.together() else learning.processes or max(min(torch.cuda.device_count(), size), 1)
    if size < count:
        raise ValueError(f"batch_size {size} is too small for {count} processes: make it {count} or more, or train with fewer")
    return count


def _retrain(
    labels: Sequence[Labelled],
    settings: Settings,
    registry: Registry,
    start: Version | None,
    on_epoch: Callable[[Epoch], None],
    say: Callable[[str], None],
) -> Outcome | None:
    learning = settings.learning
    networks, architecture = starting_networks(start.path if start else None, settings.model, learning.seed)
    find = Segmenter(networks, architecture, settings.model).find if start else None
    samples = read_divided(labels, architecture, find, learning.validation_folds, say)
    load_weights(registry.current().path)  # better to know now than after the training that there is nothing to compare with
    by_id = {label.id: label for label in labels}
    learned, held = ([by_id[sample.id] for sample in part] for part in (samples.training, samples.validation))
    # now: a label that is corrected during the training is not what it learns from
    sources = learned_and_held(learned, held)
    checkpoint = registry.folder / CHECKPOINT
    parent = start.name if start else None
    run = _identity(start, architecture, learning, sources, samples)
    where = learning.tracking_url if ranks.rank() == 0 else NOWHERE
    parameters = {"parent": parent or "none", "images": len(learned), **learning.model_dump()}
    with tracking(where, registry.folder, parameters) as notes:

        def report(epoch: Epoch) -> None:
            losses = {f"loss_{name}": value for name, value in epoch.loss.items()}
            notes.epoch(epoch.number, {**losses, **{f"dice_{name}": value for name, value in epoch.dice.items()}})
            on_epoch(epoch)

        parts = samples.training, samples.validation
        trained = train(networks, architecture, *parts, learning, report, say, checkpoint=checkpoint, run=run)
        if ranks.rank() > 0:
            return None
        served = registry.current()
        known = learned_by_any([model for model in (served, start) if model], registry)
        candidate = Segmenter(trained.networks, architecture, settings.model)
        verdict = cautious(compare(candidate, served, learned, held, known, settings, say), samples.training)
        description = Description(
            architecture,
            parent=parent,
            created=datetime.now(timezone.utc).isoformat(timespec="seconds"),
            training={**sources, **learning.model_dump()},
            metrics={"dice": trained.epochs[-1].dice, "verdict": asdict(verdict)},
        )
        version = registry.add(trained.networks, description)
        if verdict.better:
            verdict = _publish(version, verdict, registry)
        checkpoint.unlink(missing_ok=True)
        tags = {"published": verdict.better, "verdict": verdict.reason, "judged_on": verdict.judged_on}
        notes.result({"version": version.name, **tags})
    return Outcome(version.name, verdict, trained.epochs[-1], tuple(samples.left_out))


def _identity(
    start: Version | None, architecture: Architecture, learning: LearningSettings, sources: dict[str, Any], samples: Divided
) -> str:
    """By which a training that goes on is known from all others; in every rank the same."""
    # an update of the package brings other weights under the name of the shipped version
    parent = (start.name, sha256(start.path.read_bytes()).hexdigest()) if start else None
    settled = learning.model_dump(exclude=CHANGE_NO_RESULT)
    # the samples as well: `sources` does not tell of images
    pictures = fingerprint([*samples.training, *samples.validation])
    told = [parent, asdict(architecture), settled, sources, pictures]
    return ranks.as_first(sha256(json.dumps(told).encode()).hexdigest())


def _publish(version: Version, verdict: Verdict, registry: Registry) -> Verdict:
    """Serves a better version, unless it was compared with another one than is served now; the verdict then says so."""
    try:
        registry.publish(version.name, expected=verdict.against)
    except ServedMeanwhileError:
        now = registry.current().name
        return verdict.but(f"by now '{now}' is served, which it was not compared with: train again, or publish it by hand")
    return verdict
