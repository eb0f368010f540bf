"""How good the recipe of the shipped model is on patients that the judged model never saw, at the original image size.

    python scripts/bench/shipped.py --heads HC18/training_set --pixel-size HC18/training_set_pixel_size_and_HC.csv \
        --images BIOMETRY_TV/images --masks BIOMETRY_TV/masks --models runs/shipped --to runs/shipped.json

The model that ships has learned from all these images. So they are judged by the models that scripts/train_shipped.py
--cross-validate makes in the same way (`--models`). None of them saw fold 0 of the heads, which the first one judges; each of the
images in which all structures are annotated is judged by the one that did not see its patient.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from fetal_head.cli.options import figure
from fetal_head.config import load_settings
from fetal_head.evaluation.comparison import compare
from fetal_head.evaluation.evaluate import as_json
from fetal_head.evaluation.pairs import Pair, find_pairs
from fetal_head.evaluation.summary import summarise
from fetal_head.files import write_text
from fetal_head.labels import BRAIN, NAMES
from fetal_head.learning.split import fold_of
from fetal_head.model.segmenter import Segmenter, load_segmenter


def main(
    heads: Annotated[Path, typer.Option(help="Folder with images of heads and their annotations.")],
    pixel_size: Annotated[Path, typer.Option(help="csv of their pixel sizes.")],
    images: Annotated[Path, typer.Option(help="Folder of images in which all structures are annotated.")],
    masks: Annotated[Path, typer.Option(help="Folder of their masks.")],
    models: Annotated[Path, typer.Option(help="Folder of fetal_head_without_FOLD.safetensors.")],
    to: Annotated[Path, typer.Option(help="JSON file for the figures.")],
) -> None:
    """Prints the tables and writes the figures."""
    settings = load_settings()
    folds = settings.learning.validation_folds
    held_out = [pair for pair in find_pairs(heads, heads, pixel_size) if fold_of(pair.patient, folds) == 0]
    names = [f"fetal_head_without_{fold}" for fold in range(folds)]
    without = [load_segmenter(models / f"{name}.safetensors", settings.model, name) for name in names]
    figures = {
        "heads": _judge(held_out, lambda _: without[0], (BRAIN.name,)),
        "all": _judge(find_pairs(images, masks), lambda pair: without[fold_of(pair.patient, folds)], NAMES),
    }
    write_text(to, as_json(figures))
    for name, found in figures.items():
        Console().print(_table(name, found), json.dumps(found["biometry"].get("hc_mm", {})), highlight=False)


def _judge(pairs: list[Pair], model: Callable[[Pair], Segmenter], classes: tuple[str, ...]) -> dict[str, Any]:
    return summarise([compare(pair, model(pair), classes) for pair in track(pairs, transient=True)], classes)


def _table(title: str, found: dict[str, Any]) -> Table:
    title = f"{title}: {found['images']} images of {found['patients']} patients"
    table = Table("structure", "Dice", "95 % interval", "at network size", "images", "seen where absent", title=title)
    for name, row in found["structures"].items():
        dice, false = row["dice"], row["false_presence"]
        interval = "" if dice["low"] is None else f"{dice['low']:.3f} to {dice['high']:.3f}"
        network = found["network_size"][name]["dice"]["mean"]
        table.add_row(name, figure(dice["mean"]), interval, figure(network), str(dice["n"]), figure(false, 2))
    return table


if __name__ == "__main__":
    typer.run(main)
