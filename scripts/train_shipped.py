"""Trains the model that ships with the package, in two stages, and writes it with its model card.

    fetal-head import HC18 --to studies/hc18
    fetal-head import BIOMETRY_TV --to studies/tv
    python scripts/train_shipped.py --real studies/hc18 --real studies/tv --to runs/shipped

Validation patients (fold 0 of 5 by the hash of the patient id) are never trained on; their Dice is what the card tells.
"""

from __future__ import annotations

from datetime import datetime, timezone
from itertools import islice
from pathlib import Path
from typing import Annotated

import torch
import typer

from fetal_head.config import load_settings
from fetal_head.datasets.phantoms import phantoms
from fetal_head.labels import NAMES
from fetal_head.learning.samples import Sample, nested_targets, read_samples
from fetal_head.learning.split import is_validation
from fetal_head.learning.trainer import Epoch, evaluate, train
from fetal_head.model.network import Architecture
from fetal_head.model.preprocessing import network_input
from fetal_head.model.weights import Description, load_weights, save_weights
from fetal_head.store.study import StudyDatastore, labelled_images

# name, epochs, highest learning rate; an epoch is 50 batches of 8
STAGES = (("first", 18, 1e-3), ("second", 12, 3e-4))
# how often a batch holds a phantom, an image with a head only, and one with all structures
SHARES = {"phantom": 0.4, "head": 0.25, "all": 0.35}


def main(
    real: Annotated[list[Path], typer.Option(help="Study folder with labelled images; may be given often.")],
    to: Annotated[Path, typer.Option(help="Folder for the checkpoints and the final model.")],
    phantom_count: Annotated[int, typer.Option(help="Phantoms to train on besides.")] = 1600,
) -> None:
    """Trains the stages; one whose checkpoint is already there is skipped."""
    settings = load_settings()
    architecture = Architecture.of(settings.model)
    labels = [labelled for study in real for labelled in labelled_images(StudyDatastore(str(study.resolve())))]
    samples, left_out = read_samples(labels, architecture.network_size, print)
    kinds = ["all" if bool(sample.known[1:].all()) else "head" for sample in samples]
    drawn = _phantom_samples(phantom_count, architecture.network_size, settings.learning.validation_folds)
    everything, kinds = [*samples, *drawn], [*kinds, *["phantom"] * len(drawn)]
    weights = [SHARES[kind] / kinds.count(kind) for kind in kinds]
    print({kind: kinds.count(kind) for kind in SHARES}, flush=True)

    torch.manual_seed(settings.learning.seed)
    network: torch.nn.Module = architecture.build()
    validation = [s for s in samples if is_validation(s.patient, settings.learning.validation_folds)]
    for number, (name, epochs, rate) in enumerate(STAGES):
        checkpoint = to / f"{name}.safetensors"
        if not checkpoint.exists():
            stage = settings.learning.model_copy(
                update={"max_epochs": epochs, "batches_per_epoch": 50, "learning_rate": rate, "seed": number}
            )
            best = train(network, everything, stage, _say, weights)
            save_weights(checkpoint, best.network, Description(architecture, metrics={"dice": best.best.dice}))
        network, _ = load_weights(checkpoint)

    patients = {s.patient for s in samples}
    held_out = {s.patient for s in validation}
    save_weights(
        to / "fetal_head.safetensors",
        network,
        Description(
            architecture,
            created=datetime.now(timezone.utc).date().isoformat(),
            training={
                "images": len(samples) - len(validation),
                "patients": len(patients - held_out),
                "phantoms": len(drawn),
                "left_out": len(left_out),
                "stages": [list(stage) for stage in STAGES],
                "shares": SHARES,
            },
            metrics={
                "dice": evaluate(network, validation),
                "images": len(validation),
                "patients": len(held_out),
                "images_with": {
                    n: sum(bool(s.known[i]) and bool(s.target[i].any()) for s in validation) for i, n in enumerate(NAMES)
                },
            },
        ),
    )


def _phantom_samples(count: int, size: tuple[int, int], folds: int) -> list[Sample]:
    """Phantoms, none of whom fall into the validation fold: only real patients judge the model."""
    names = (f"phantom-{seed}" for seed in range(10 * count))
    seeds = [int(name.split("-")[1]) for name in islice((n for n in names if not is_validation(n, folds)), count)]
    samples = []
    for seed, phantom in zip(seeds, phantoms(seeds), strict=True):
        known = torch.tensor([float(name in phantom.annotated) for name in NAMES])
        image = network_input(phantom.image.astype("float32"), size).half()
        samples.append(Sample(f"phantom-{seed}", f"phantom-{seed}", image, nested_targets(phantom.mask, size), known))
    return samples


def _say(epoch: Epoch) -> None:
    dice = ", ".join(f"{name} {value:.3f}" for name, value in epoch.dice.items() if value is not None)
    print(f"{epoch.number}/{epoch.of} loss {epoch.loss:.4f} Dice {dice} in {epoch.seconds:.0f} s", flush=True)


if __name__ == "__main__":
    typer.run(main)
