"""One press of the Train button: read the labels, train, publish."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone

import torch

from fetal_head.config import Settings
from fetal_head.learning.samples import Labelled, LeftOut, read_samples
from fetal_head.learning.split import is_validation
from fetal_head.learning.trainer import Epoch, train
from fetal_head.model.network import Architecture
from fetal_head.model.registry import Registry, Version
from fetal_head.model.weights import Description, load_weights


@dataclass(frozen=True)
class Outcome:
    """The published version, the epoch that it is from, and the labels that could not be learned from."""

    version: str
    best: Epoch
    left_out: tuple[LeftOut, ...]


def retrain(
    labels: Sequence[Labelled],
    settings: Settings,
    registry: Registry,
    *,
    start: Version | None,
    on_epoch: Callable[[Epoch], None] = lambda _: None,
    say: Callable[[str], None] = lambda _: None,
) -> Outcome:
    """Trains on `labels` and publishes the best epoch as a new version; every earlier version stays in the registry.

    Args:
        start: version to go on from, in its own architecture; None starts from random weights in the settings' one.
        on_epoch, say: told of every epoch and of every label that is left out.

    Raises:
        ValueError: no label, or none that is readable.
    """
    if not labels:
        raise ValueError("there is no submitted label yet; correct and submit at least one image first")
    if start is not None:
        network, description = load_weights(start.path)
        architecture = description.architecture
    else:
        torch.manual_seed(settings.learning.seed)
        architecture = Architecture.of(settings.model)
        network = architecture.build()
    samples, left_out = read_samples(labels, architecture.network_size, say)
    if not samples:
        raise ValueError(f"none of the {len(labels)} submitted labels can be read; first: {left_out[0].reason}")
    trained = train(network, samples, settings.learning, on_epoch)
    patients = {sample.patient for sample in samples}
    version = registry.publish(
        trained.network,
        Description(
            architecture,
            parent=start.name if start else None,
            created=datetime.now(timezone.utc).isoformat(timespec="seconds"),
            training={
                "images": len(samples),
                "patients": len(patients),
                "validation_patients": sum(is_validation(p, settings.learning.validation_folds) for p in patients),
                **settings.learning.model_dump(),
            },
            metrics={"dice": trained.best.dice, "epoch": trained.best.number},
        ),
    )
    return Outcome(version.name, trained.best, tuple(left_out))
