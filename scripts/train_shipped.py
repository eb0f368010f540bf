"""Trains the model that ships with the package, on phantoms and real images, in three stages and the last one once more.

    fetal-head import HC18 --to studies/hc18
    fetal-head import BIOMETRY_TV --to studies/tv
    python scripts/train_shipped.py --heads studies/hc18 --all studies/tv --to runs/shipped --cross-validate

Both networks learn from phantoms and from the study with heads alone; then the segmenter goes on with those heads; last it sees
among them, seldom, the few images in which all structures are annotated: it learns them by heart soon. That stage is gone through
a second time from where it began, the heads now with those LVs that the first one is sure of. Each but the first stage is gone
through `--seeds` times, from the same weights and with other draws, and ends in the mean of their weights (Wortsman et al. 2022,
Model soups, arXiv 2203.05482).

The model that ships learns from every image. How good it is on patients that it never saw is told by `--cross-validate`: the same
stages without fold 0 of the heads, the last ones for each fold of the other study, which they do not see either.

A GPU is advised; without one, `OMP_NUM_THREADS=1 torchrun --nproc-per-node 2` before the script keeps two cores busy for many
hours. Killed, it goes on from the last epoch, with the same images and settings alone; what is done with others is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import torch
import typer

from fetal_head.config import Settings, load_settings
from fetal_head.datasets.phantoms import phantoms
from fetal_head.labels import BRAIN, NAMES
from fetal_head.learning import ranks
from fetal_head.learning.samples import Labelled, Sample, make_sample, read_samples
from fetal_head.learning.split import fold_of, split
from fetal_head.model.network import Architecture
from fetal_head.model.segmenter import Segmenter
from fetal_head.model.weights import load_weights
from fetal_head.store.labels.labelled import labelled_images
from fetal_head.store.study import StudyDatastore
from stages import train_stage
from teaching import with_sure_lv

# seeds that neither tests nor benchmarks use
PHANTOMS = range(100_000, 102_000)


def main(
    heads: Annotated[Path, typer.Option(help="Study folder in which heads are annotated.")],
    all_: Annotated[Path, typer.Option("--all", help="Study folder in which all structures are annotated.")],
    to: Annotated[Path, typer.Option(help="Folder for the model file and the checkpoints.")],
    cross_validate: Annotated[bool, typer.Option(help="Also train the models by which it is judged.")] = False,
    seeds: Annotated[int, typer.Option(min=1, help="Trainings of a stage whose mean goes on.")] = 3,
) -> None:
    """Trains what is not yet there in `--to`: first, heads and fetal_head.safetensors, and when asked those without a fold."""
    settings = load_settings()
    architecture = Architecture.of(settings.model)
    folds = settings.learning.validation_folds
    with ranks.ranks():
        samples = read_samples(_labels(heads), architecture)[0]
        pool = {"phantoms": _phantom_samples(architecture), "heads": samples}
        start = _heads(pool, [], settings, to, "", seeds)
        find = Segmenter(load_weights(start)[0], architecture, settings.model).find
        everything = read_samples(_labels(all_), architecture, find)[0]
        learned = [_without_head(sample) for sample in everything]
        _all(pool, learned, [], settings, to, "", start, seeds)
        if not cross_validate:
            return
        chosen, held = split([sample.patient for sample in samples], folds)
        pool["heads"], watched = [samples[i] for i in chosen], [samples[i] for i in held]
        start = _heads(pool, watched, settings, to, "_without_0", seeds)
        for fold in range(folds):
            unseen = [sample for sample in everything if fold_of(sample.patient, folds) == fold]
            seen = [sample for sample in learned if fold_of(sample.patient, folds) != fold]
            _all(pool, seen, watched + unseen, settings, to, f"_without_{fold}", start, seeds)


def _heads(pool: dict[str, list[Sample]], watched: Sequence[Sample], settings: Settings, to: Path, name: str, seeds: int) -> Path:
    """The first two stages, after which the model knows heads, and CSP and LV of phantoms alone."""
    first, second = to / f"first{name}.safetensors", to / f"heads{name}.safetensors"
    train_stage("first", pool, watched, settings, first, None)
    train_stage("heads", pool, watched, settings, second, first, seeds)
    return second


def _all(
    pool: dict[str, list[Sample]],
    learned: list[Sample],
    watched: Sequence[Sample],
    settings: Settings,
    to: Path,
    name: str,
    start: Path,
    seeds: int,
) -> None:
    """The last stage, twice from the same weights: what the first one is sure of, the second one learns."""
    teacher, model = to / f"teacher{name}.safetensors", to / f"fetal_head{name}.safetensors"
    train_stage("all", pool | {"all": learned}, watched, settings, teacher, start, seeds)
    segmenter = load_weights(teacher)[0].segmenter
    heads = with_sure_lv(pool["heads"], segmenter, settings.model.threshold, settings.model.smallest_share)
    train_stage("all", pool | {"heads": heads, "all": learned}, watched, settings, model, start, seeds)


def _without_head(sample: Sample) -> Sample:
    """The sample as if its head were not annotated.

    These heads are outlined about 1 % wider than those of HC18, whose circumferences were measured: learned from both, HC comes
    out too large.
    """
    if sample.framed is None:
        return sample
    known = sample.framed.known * torch.tensor([float(name != BRAIN.name) for name in NAMES])
    return replace(sample, framed=replace(sample.framed, known=known))


def _labels(study: Path) -> list[Labelled]:
    return labelled_images(StudyDatastore(str(study.resolve())).store)


def _phantom_samples(architecture: Architecture) -> list[Sample]:
    return [
        make_sample(f"phantom-{seed}", f"phantom-{seed}", p.image.astype("float32"), p.mask, p.annotated, architecture)
        for seed, p in zip(PHANTOMS, phantoms(PHANTOMS), strict=True)
    ]


if __name__ == "__main__":
    typer.run(main)
