"""`fetal-head evaluate`."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Column, Table

from fetal_head.cli.options import APP_DIR, AsJson, Conf, ModelsOf, app, console, figure, listed, overrides, print_table, progress
from fetal_head.config import load_settings
from fetal_head.labels import NAMES, structure_of


@app.command(epilog="Example: fetal-head evaluate --images test/images --masks test/masks --to report")
def evaluate(
    images: Annotated[Path, typer.Option(help="Folder of images of any supported kind.")],
    masks: Annotated[Path, typer.Option(help="Folder of their masks: the same names, or with _mask or _Annotation at the end.")],
    to: Annotated[Path, typer.Option(help="Folder for metrics.json, per_image.csv, figures and report.html.")],
    classes: Annotated[str, typer.Option(help="What the masks speak of; other structures are unknown.")] = ",".join(NAMES),
    model: Annotated[str | None, typer.Option(help="Model version; by default the one that is served.")] = None,
    pixel_size: Annotated[
        Path | None, typer.Option(help="csv of mm per pixel, as HC18's or with row_mm and column_mm; goes before a study's own.")
    ] = None,
    app_dir: ModelsOf = APP_DIR,
    as_json: AsJson = False,
    conf: Conf = None,
) -> None:
    """Measure how good a model is on images with known masks."""
    from fetal_head.evaluation.evaluate import as_json as json_of
    from fetal_head.evaluation.evaluate import evaluate_folders
    from fetal_head.evaluation.known import warning
    from fetal_head.model.ancestry import learned_by_line
    from fetal_head.model.predictor import Predictor
    from fetal_head.model.registry import Registry
    from fetal_head.store.telling import told_in

    settings = load_settings(overrides(conf))
    registry = Registry.of_app(app_dir)
    # pinned: a version published meanwhile must not judge the second half of the images
    version = model or registry.current().name
    metrics = evaluate_folders(
        images,
        masks,
        to,
        Predictor(registry, settings.model, version),
        classes=_classes(classes),
        pixel_size=pixel_size,
        told=told_in(images, settings.store),
        learned=learned_by_line(registry.version(version), registry),
        command=shlex.join(["fetal-head", *sys.argv[1:]]),
        progress=lambda pairs: progress(pairs, "images", len(pairs)),
    )
    if as_json:
        print(json_of(metrics))
    else:
        print_table(_table(metrics))
    if warned := warning(metrics["learned_from"], metrics["images"]):
        console.print(warned)
    console.print(f"metrics.json, per_image.csv, report.html and its figures are in {to}")


def _classes(text: str) -> list[str]:
    """`BRAIN,CSP` or `brain, csp` -> names; a stranger stays as it is, for the library to name."""
    names = listed(text)
    if not names:
        raise ValueError(f"--classes names no structure; there are {', '.join(NAMES)}")
    return [structure.name if (structure := structure_of(name)) else name for name in names]


def _table(metrics: dict[str, Any]) -> Table:
    interval = Column("95 % interval", no_wrap=True)
    table = Table("structure", "Dice", interval, "HD95 px", "images", "missed", "falsely seen")
    for name, found in metrics["structures"].items():
        dice = found["dice"]
        bounds = "" if dice["low"] is None else f"{dice['low']:.3f} to {dice['high']:.3f}"
        numbers = figure(dice["mean"]), bounds, figure(found["hd95"]["mean"], 1), str(dice["n"]), str(found["missed"])
        table.add_row(name, *numbers, figure(found["false_presence"], 2))
    return table
