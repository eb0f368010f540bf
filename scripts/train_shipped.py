"""Trains the model that ships with the package, on phantoms and real images, in two stages.

    fetal-head import HC18 --to studies/hc18
    fetal-head import BIOMETRY_TV --to studies/tv
    OMP_NUM_THREADS=1 torchrun --nproc-per-node 2 scripts/train_shipped.py \
        --heads studies/hc18 --all studies/tv --to runs/shipped

The first stage sees phantoms and the study with heads alone, the second one also the few images in which all structures are
annotated. Of the study with heads, fold 0 is held out always. Of the other one nothing is, because it is so small: how good the
second stage is on patients that it never saw is told by `--cross-validate`. Killed, it goes on from the last epoch.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Annotated

import torch
import typer

from fetal_head.config import Settings, load_settings
from fetal_head.datasets.phantoms import phantoms
from fetal_head.learning import ranks
from fetal_head.learning.samples import Labelled, Sample, make_sample, read_samples
from fetal_head.learning.split import fold_of, split
from fetal_head.learning.trainer import Epoch, train
from fetal_head.model.network import Architecture
from fetal_head.model.segmenter import Segmenter
from fetal_head.model.weights import Description, load_weights, save_weights
from fetal_head.store.study import StudyDatastore, labelled_images

PHANTOMS = 2000
# how much of what is drawn comes from each source
FIRST = {"phantoms": 0.5, "heads": 0.5}
SECOND = {"phantoms": 0.25, "heads": 0.3, "all": 0.45}
# What differs between the stages. The first one has taught the locator all that it needs.
STAGES = {
    "first": {"max_epochs": 60, "learning_rate": 2e-3, "train_locator": True},
    "second": {"max_epochs": 12, "learning_rate": 5e-4, "train_locator": False},
}


def main(
    heads: Annotated[Path, typer.Option(help="Study folder in which heads are annotated.")],
    all_: Annotated[Path, typer.Option("--all", help="Study folder in which all structures are annotated.")],
    to: Annotated[Path, typer.Option(help="Folder for the model file and the checkpoints.")],
    cross_validate: Annotated[bool, typer.Option(help="Also train a model for each fold of --all that does not see it.")] = False,
) -> None:
    """Trains what is not yet there in `--to`: first, fetal_head and, when asked, fetal_head_without_FOLD.safetensors."""
    settings = load_settings()
    architecture = Architecture.of(settings.model)
    folds = settings.learning.validation_folds
    with ranks.ranks():
        samples = read_samples(_labels(heads), architecture)[0]
        chosen, validation = split([sample.patient for sample in samples], folds)
        pool = {"phantoms": _phantom_samples(architecture), "heads": [samples[i] for i in chosen]}
        watched = [samples[i] for i in validation]
        first = to / "first.safetensors"
        _stage("first", pool, FIRST, watched, settings, first, None)
        find = Segmenter(load_weights(first)[0], architecture, settings.model).find
        everything = read_samples(_labels(all_), architecture, find)[0]
        _stage("second", pool | {"all": everything}, SECOND, watched, settings, to / "fetal_head.safetensors", first)
        for fold in range(folds) if cross_validate else ():
            held = [sample for sample in everything if fold_of(sample.patient, folds) == fold]
            seen = [sample for sample in everything if fold_of(sample.patient, folds) != fold]
            model = to / f"fetal_head_without_{fold}.safetensors"
            _stage("second", pool | {"all": seen}, SECOND, watched + held, settings, model, first)


def _stage(
    name: str,
    pool: dict[str, list[Sample]],
    shares: dict[str, float],
    validation: Sequence[Sample],
    settings: Settings,
    to: Path,
    start: Path | None,
) -> None:
    if to.exists():
        return
    learning = settings.learning.model_copy(update={"batches_per_epoch": 50, "batch_size": 8, **STAGES[name]})
    architecture = Architecture.of(settings.model)
    torch.manual_seed(learning.seed)
    networks = load_weights(start)[0] if start else architecture.build()
    parts = [(sample, shares[part] / len(pool[part])) for part in shares for sample in pool[part]]
    checkpoint = to.with_suffix(".checkpoint")
    trained = train(
        networks,
        architecture,
        [sample for sample, _ in parts],
        validation,
        learning,
        _say,
        shares=[share for _, share in parts],
        checkpoint=checkpoint,
        run=f"{name} {learning!r}",
    )
    if ranks.rank() == 0:
        lineage = {
            "images": {part: len(pool[part]) for part in shares},
            "patients": sorted({sample.patient for part in shares if part != "phantoms" for sample in pool[part]}),
            "shares": shares,
            **learning.model_dump(),
        }
        created = datetime.now(timezone.utc).date().isoformat()
        metrics = {"dice": trained.epochs[-1].dice}
        parent = start.stem if start else None
        save_weights(
            to, trained.networks, Description(architecture, parent=parent, created=created, training=lineage, metrics=metrics)
        )
        checkpoint.unlink(missing_ok=True)
    ranks.wait()


def _labels(study: Path) -> list[Labelled]:
    return labelled_images(StudyDatastore(str(study.resolve())))


def _phantom_samples(architecture: Architecture) -> list[Sample]:
    """Phantoms none of whom has a seed that tests or benchmarks use."""
    seeds = range(100_000, 100_000 + PHANTOMS)
    return [
        make_sample(f"phantom-{seed}", f"phantom-{seed}", p.image.astype("float32"), p.mask, p.annotated, architecture)
        for seed, p in zip(seeds, phantoms(seeds), strict=True)
    ]


def _say(epoch: Epoch) -> None:
    if ranks.rank() == 0:
        dice = ", ".join(f"{name} {value:.3f}" for name, value in epoch.dice.items() if value is not None)
        losses = ", ".join(f"{name} {value:.3f}" for name, value in epoch.loss.items())
        print(f"{epoch.number}/{epoch.of} loss {losses}; Dice {dice}; {epoch.seconds:.0f} s", flush=True)


if __name__ == "__main__":
    typer.run(main)
