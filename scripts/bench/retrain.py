"""How long a retraining after some new labels takes, until the new model is judged and served, against MONAI Label's own trainer.

    python scripts/bench/retrain.py --images DIR/images --masks DIR/masks --init heads.safetensors --to runs/retrain.json

Ours is `fetal-head train`, a whole process that starts from the served weights of `--init`, which must not have seen the
images: those of phantoms and HC18 that scripts/train_shipped.py makes before the last stage. Theirs is MONAI Label's
BasicTrainTask as its example apps use it, in this process, BasicUNet from random weights at 384 x 256 with the same patients
held back. After every tenth epoch it is judged on the test images, which is not counted, and it ends when its mean Dice there
is ours or `--stock-minutes` are over. The test images are of patients of whom neither has a label. Timings of one machine:
compare the ratio.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from stock.trainer import StockTrainer

from fetal_head.config import load_settings
from fetal_head.evaluation.pairs import Pair, find_pairs
from fetal_head.files import write_text
from fetal_head.imaging import read_image
from fetal_head.imaging.mask_writer import write_mask
from fetal_head.model.registry import Registry
from fetal_head.model.segmenter import load_segmenter
from fetal_head.model.weights import load_weights
from fetal_head.simulation.summary import MEAN, figures
from fetal_head.simulation.training import judged


def main(
    images: Annotated[Path, typer.Option(help="Folder of images.")],
    masks: Annotated[Path, typer.Option(help="Folder of their masks.")],
    init: Annotated[Path, typer.Option(help="Weights that are served before, and that saw none of the images.")],
    to: Annotated[Path, typer.Option(help="JSON file for the figures.")],
    labels: Annotated[int, typer.Option(min=2, help="At least so many images are labelled; the others are for testing.")] = 20,
    stock_minutes: Annotated[float, typer.Option(min=0, help="How long MONAI Label's trainer may try.")] = 30,
) -> None:
    """Prints the table and writes the figures."""
    labelled, test = _divide(find_pairs(images, masks), labels)
    with TemporaryDirectory() as folder:
        study, app = Path(folder) / "study", Path(folder) / "app"
        registry = Registry.of_app(app)
        registry.publish(registry.add(*load_weights(init)).name)
        before = _dice(registry, test)
        files = [_label(study, pair) for pair in labelled]
        started = time.perf_counter()
        command = [Path(sys.executable).with_name("fetal-head"), "train", "--studies", study, "--app", app, "--json"]
        told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        ours = time.perf_counter() - started
        outcome = json.loads(next(line for line in told.splitlines() if line.startswith("{")))
        after = _dice(registry, test, outcome["version"])
        stock = StockTrainer(Path(folder) / "stock", files, [pair.patient for pair in labelled], test, after[MEAN], stock_minutes)
        stock.run()
    reached = stock.course[-1][1] >= after[MEAN]
    result = {
        "labels": len(labelled),
        "patients": len({pair.patient for pair in labelled}),
        "test": len(test),
        "seconds": ours,
        "published": outcome["published"],
        "reason": outcome["verdict"]["reason"],
        "before": before,
        "after": after,
        "stock_seconds": stock.course[-1][0],
        "stock_reached": reached,
        "stock_best": max(mean for _, mean in stock.course),
        "stock_course": stock.course,
    }
    write_text(to, json.dumps(result, indent=2))
    table = Table(f"{len(labelled)} labels, {len(test)} test images", "seconds", "mean Dice on test patients")
    table.add_row("served before", "", f"{before[MEAN]:.3f}")
    table.add_row("ours, judged" + " and published" * outcome["published"], f"{ours:.0f}", f"{after[MEAN]:.3f}")
    table.add_row(
        "BasicTrainTask" + ", given up" * (not reached),
        f"{stock.course[-1][0]:.0f}",
        f"{result['stock_best']:.3f}",
    )
    Console().print(table, f"ratio {'' if reached else '> '}{stock.course[-1][0] / ours:.1f}")


def _divide(pairs: Sequence[Pair], labels: int) -> tuple[list[Pair], list[Pair]]:
    """Whole patients, in the order of their names, until there are enough labels; the rest."""
    labelled: list[Pair] = []
    test: list[Pair] = []
    for _, of_patient in groupby(sorted(pairs, key=lambda pair: pair.patient), key=lambda pair: pair.patient):
        (labelled if len(labelled) < labels else test).extend(of_patient)
    if not test:
        raise ValueError(f"no patient is left for testing: there are {len(labelled)} images for {labels} labels")
    return labelled, test


def _label(study: Path, pair: Pair) -> dict[str, str]:
    """Copies the image into the study and its mask as its label."""
    mask = study / "labels" / "final" / f"{pair.id}.nrrd"
    mask.parent.mkdir(parents=True, exist_ok=True)
    image = Path(shutil.copy(pair.image, study))
    write_mask(mask, pair.load().truth, read_image(image)[1])
    return {"image": str(image), "label": str(mask)}


def _dice(registry: Registry, test: Sequence[Pair], version: str | None = None) -> dict[str, float | None]:
    chosen = registry.version(version) if version else registry.current()
    segmenter = load_segmenter(chosen.path, load_settings().model, chosen.name)
    return figures(judged(lambda image: segmenter.predict(image).mask, test))


if __name__ == "__main__":
    typer.run(main)
