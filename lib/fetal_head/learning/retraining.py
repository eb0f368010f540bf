"""One press of the Train button: read the labels, train, judge, and publish what is better than the served model."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timezone
from functools import partial
from hashlib import sha256

import torch

from fetal_head.config import CHANGE_NO_RESULT, LearningSettings, Settings
from fetal_head.labels import NAMES
from fetal_head.learning import ranks
from fetal_head.learning.basis import basis
from fetal_head.learning.judging import ImageDice, JudgedOn, Verdict, judge, judged_dice
from fetal_head.learning.lineage import fingerprint, learned_and_held
from fetal_head.learning.running import only_training
from fetal_head.learning.samples import Find, Labelled, LeftOut, read_labelled, read_samples
from fetal_head.learning.split import split
from fetal_head.learning.tracking import NOWHERE, tracking
from fetal_head.learning.trainer import Epoch, Trained, train
from fetal_head.model.ancestry import learned_by_line
from fetal_head.model.network import Architecture, HeadNetworks
from fetal_head.model.preprocessing import nested_planes
from fetal_head.model.registry import Registry, ServedMeanwhileError, Version
from fetal_head.model.segmenter import Segmenter, load_segmenter
from fetal_head.model.weights import Description, load_weights

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
    on_epoch: Callable[[Epoch], None] = lambda _: None,
    say: Callable[[str], None] = lambda _: None,
) -> Outcome | None:
    """Trains on `labels` and keeps the result as a version, which is served if it is better than the one that is.

    A training that was killed goes on from its last epoch, as long as it starts from the same version, images, labels and
    settings; with other labels it starts anew, for a patient that it learned from may be held back now. It takes a process for
    each GPU, or as many as the settings say.

    Args:
        start: version to go on from, in its own architecture; None starts from random weights in the settings' one.
        on_epoch: told of every epoch, by the first rank alone.
        say: told of every label that is left out and of an earlier training that is gone on with, by the first rank alone.

    Returns:
        None in every rank but the first, when several train together.

    Raises:
        ValueError: no label, none that is readable, or none of a patient that is learned from; a batch that does not go round
            all processes.
        AlreadyTrainingError: another training of these models runs.
    """
    if not labels:
        raise ValueError("there is no submitted label yet; correct and submit at least one image first")
    processes = _processes(settings.learning)
    if processes > 1 and not ranks.together():
        others = partial(retrain, labels, settings, registry, start=start)
        return ranks.in_ranks(processes, partial(others, on_epoch=on_epoch, say=say), others)
    if ranks.rank() > 0:
        return _retrain(labels, settings, registry, start, lambda _: None, lambda _: None)
    with only_training(registry.folder):
        return _retrain(labels, settings, registry, start, on_epoch, say)


def _processes(learning: LearningSettings) -> int:
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
    networks, architecture, find = _begin(settings, start)
    samples, left_out = read_samples(labels, architecture, find, say)
    if not samples:
        raise ValueError(f"none of the {len(labels)} submitted labels can be read; first: {left_out[0].reason}")
    lost = {label.id for label in left_out}
    readable = [label for label in labels if label.id not in lost]
    load_weights(registry.current().path)  # better to know now than after the training that there is nothing to compare with
    chosen, held = split([sample.patient for sample in samples], learning.validation_folds)
    # now: a label that is corrected during the training is not what it learns from
    sources = learned_and_held([readable[i] for i in chosen], [readable[i] for i in held])
    checkpoint = registry.folder / CHECKPOINT
    parameters = {"parent": start.name if start else "none", "images": len(chosen), **learning.model_dump()}
    settled = learning.model_dump(exclude=CHANGE_NO_RESULT)
    # the samples as well: `sources` does not tell of images
    same = [parameters["parent"], architecture.to_dict(), settled, sources, fingerprint(samples)]
    run = ranks.as_first(sha256(json.dumps(same).encode()).hexdigest())
    where = learning.tracking_url if ranks.rank() == 0 else NOWHERE
    with tracking(where, registry.folder, parameters) as notes:

        def report(epoch: Epoch) -> None:
            losses = {f"loss_{name}": value for name, value in epoch.loss.items()}
            notes.epoch(epoch.number, {**losses, **{f"dice_{name}": value for name, value in epoch.dice.items()}})
            on_epoch(epoch)

        training, validation = [samples[i] for i in chosen], [samples[i] for i in held]
        trained = train(networks, architecture, training, validation, learning, report, say, checkpoint=checkpoint, run=run)
        if ranks.rank() > 0:
            return None
        served = registry.current()
        known = set[str]().union(*(learned_by_line(model, registry).patients for model in (served, start) if model))
        compared, judged_on = basis([readable[i] for i in chosen], [readable[i] for i in held], known)
        verdict = _judge(trained, architecture, served, compared, judged_on, settings)
        version = registry.add(
            trained.networks,
            Description(
                architecture,
                parent=start.name if start else None,
                created=datetime.now(timezone.utc).isoformat(timespec="seconds"),
                training={**sources, **learning.model_dump()},
                metrics={"dice": trained.epochs[-1].dice, "verdict": asdict(verdict)},
            ),
        )
        if verdict.better:
            verdict = _publish(version, verdict, registry)
        checkpoint.unlink(missing_ok=True)
        tags = {"published": verdict.better, "verdict": verdict.reason, "judged_on": verdict.judged_on}
        notes.result({"version": version.name, **tags})
    return Outcome(version.name, verdict, trained.epochs[-1], tuple(left_out))


def _begin(settings: Settings, start: Version | None) -> tuple[HeadNetworks, Architecture, Find | None]:
    if start is None:
        torch.manual_seed(settings.learning.seed)
        architecture = Architecture.of(settings.model)
        return architecture.build(), architecture, None
    networks, description = load_weights(start.path)
    return networks, description.architecture, Segmenter(networks, description.architecture, settings.model).find


def _judge(
    trained: Trained,
    architecture: Architecture,
    served: Version,
    labels: Sequence[Labelled],
    judged_on: JudgedOn,
    settings: Settings,
) -> Verdict:
    ours = Segmenter(trained.networks, architecture, settings.model)
    theirs = load_segmenter(served.path, settings.model, served.name)
    candidate, current = (_dice(model, labels) for model in (ours, theirs))
    return judge(candidate, current, against=served.name, judged_on=judged_on, seed=settings.learning.seed)


def _publish(version: Version, verdict: Verdict, registry: Registry) -> Verdict:
    """Serves a better version, unless it was compared with another one than is served now; the verdict then says so."""
    try:
        registry.publish(version.name, expected=verdict.against)
    except ServedMeanwhileError:
        now = registry.current().name
        sentence = f"but by now '{now}' is served, which it was not compared with: train again, or publish it by hand"
        return replace(verdict, better=False, reason=f"{verdict.reason}; {sentence}")
    return verdict


def _dice(model: Segmenter, labels: Sequence[Labelled]) -> list[ImageDice]:
    """Dice of each image at its original size."""
    judged = []
    for label in labels:
        image, truth, annotated = read_labelled(label)
        predicted = nested_planes(model.predict(image).mask)
        known = torch.tensor([float(name in annotated) for name in NAMES])
        values = judged_dice(predicted > 0, nested_planes(truth) > 0, known).tolist()
        dice = {name: value for name, value in zip(NAMES, values, strict=True) if name in annotated}
        judged.append(ImageDice(label.id, label.patient_id, dice))
    return judged
