"""One stage of the training of the model that ships: what it draws, and what it must not go on with."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timezone
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple, cast

from torch.optim.swa_utils import AveragedModel

from fetal_head.cli.options import dice_line
from fetal_head.config import Settings
from fetal_head.labels import CSP, NAMES
from fetal_head.learning import ranks
from fetal_head.learning.lineage import fingerprint
from fetal_head.learning.samples import Sample
from fetal_head.learning.trainer import Epoch, evaluate, train
from fetal_head.model.ancestry import NOTHING, learned_by_line
from fetal_head.model.network import Architecture, HeadNetworks
from fetal_head.model.registry import Registry, Version
from fetal_head.model.weights import Description, read_description, save_weights, starting_networks


class Stage(NamedTuple):
    """How much of what is drawn comes from each source, and the settings that are its own."""

    shares: dict[str, float]
    settings: dict[str, Any]


STAGES: dict[str, Stage] = {
    "first": Stage({"phantoms": 0.5, "heads": 0.5}, {"max_epochs": 60, "learning_rate": 2e-3}),
    "heads": Stage({"phantoms": 0.15, "heads": 0.85}, {"max_epochs": 140, "learning_rate": 1e-3, "train_locator": False}),
    "all": Stage(
        {"phantoms": 0.1, "heads": 0.75, "all": 0.15}, {"max_epochs": 20, "learning_rate": 1e-3, "train_locator": False}
    ),
}
# of the images in which all structures are annotated, one that shows a CSP is drawn so much more often than one that shows none
CSP_SHARE = 1.5


def train_stage(
    name: str,
    pool: Mapping[str, Sequence[Sample]],
    validation: Sequence[Sample],
    settings: Settings,
    to: Path,
    start: Path | None,
    seeds: int = 1,
) -> None:
    """Trains the stage `name` of `STAGES` from the model file `start`, or from random weights, unless `to` is its result already.

    Args:
        pool: samples by part; those that the stage has no share of are not learned from.
        validation: samples that the result's Dice is taken on.

    Raises:
        ValueError: `to` was trained with other samples, settings, seeds or weights to start from.
    """
    learning = settings.learning.model_copy(update={"batches_per_epoch": 50, "batch_size": 8, **STAGES[name].settings})
    architecture = Architecture.of(settings.model)
    shares = STAGES[name].shares
    # a training that is done stays in its checkpoint until all are
    checkpoints = {seed: to.with_suffix(f".{seed}.checkpoint") for seed in range(learning.seed, learning.seed + seeds)}
    sources = {
        "shares": shares,
        "digests": {part: fingerprint(pool[part]) for part in shares} | {"validation": fingerprint(validation)},
        "start": sha256(start.read_bytes()).hexdigest() if start else None,
    }
    before = learned_by_line(Version(start.stem, start), Registry(start.parent)) if start else NOTHING
    patients = {sample.patient for part in shares if part != "phantoms" for sample in pool[part]}
    lineage = {
        "images": {part: len(pool[part]) for part in shares},
        "patients": sorted(patients | before.patients),
        **sources,
        "seeds": list(checkpoints),
        **learning.model_dump(mode="json"),
    }
    if to.exists():
        _check_same(to, architecture, lineage)
        return
    parts = [pair for part, share in shares.items() for pair in _drawn(part, pool[part], share)]

    def trained(seed: int, checkpoint: Path) -> HeadNetworks:
        of_seed = learning.model_copy(update={"seed": seed})
        return train(
            starting_networks(start, settings.model, seed)[0],
            architecture,
            [sample for sample, _ in parts],
            validation,
            of_seed,
            _say,
            shares=[share for _, share in parts],
            checkpoint=checkpoint,
            run=json.dumps([name, asdict(architecture), of_seed.model_dump(mode="json"), sources]),
        ).networks

    networks = _mean([trained(seed, checkpoint) for seed, checkpoint in checkpoints.items()])
    if ranks.rank() == 0:
        created = datetime.now(timezone.utc).date().isoformat()
        views = [sample.framed for sample in validation if sample.framed is not None]
        metrics = {"dice": evaluate(networks.segmenter, views, architecture.frame_size)}
        # one whose patients are all named here need not be there to be asked
        parent = start.stem if start and not before.whole else None
        save_weights(to, networks, Description(architecture, parent=parent, created=created, training=lineage, metrics=metrics))
        for checkpoint in checkpoints.values():
            checkpoint.unlink(missing_ok=True)
    ranks.wait()


def _check_same(to: Path, architecture: Architecture, lineage: Mapping[str, Any]) -> None:
    """Raises ValueError when the model file `to` names anything else than it would be trained with now."""
    finished = read_description(to)
    # what a file of an older recipe does not name cannot be compared
    other = [key for key, value in finished.training.items() if lineage.get(key) != value]
    if finished.architecture != architecture:
        other.append("architecture")
    if other or not finished.training:
        what = ", ".join(other) or "data (it names none)"
        raise ValueError(
            f"{to} was trained with other {what} than it would be now: give what it was trained with, or another folder, "
            "or take the file away to train it anew"
        )


def _mean(trained: Sequence[HeadNetworks]) -> HeadNetworks:
    """Networks whose every weight is the mean of theirs."""
    mean = AveragedModel(trained[0])
    for networks in trained:
        mean.update_parameters(networks)
    return cast(HeadNetworks, mean.module)


def _drawn(part: str, samples: Sequence[Sample], share: float) -> list[tuple[Sample, float]]:
    """Each sample with its own part of what is drawn from them all."""
    weights = [CSP_SHARE if part == "all" and _shows_csp(sample) else 1.0 for sample in samples]
    return [(sample, share * weight / sum(weights)) for sample, weight in zip(samples, weights, strict=True)]


def _shows_csp(sample: Sample) -> bool:
    csp = NAMES.index(CSP.name)
    return sample.framed is not None and bool(sample.framed.known[csp]) and bool(sample.framed.target[csp].any())


def _say(epoch: Epoch) -> None:
    if ranks.rank() == 0:
        losses = ", ".join(f"{name} {value:.3f}" for name, value in epoch.loss.items())
        print(f"{epoch.number}/{epoch.of} loss {losses}; Dice {dice_line(epoch.dice)}; {epoch.seconds:.0f} s", flush=True)
