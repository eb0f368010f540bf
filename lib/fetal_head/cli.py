"""`fetal-head ...`: every command a few lines over the library."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, NoReturn, TypeVar

import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from fetal_head.config import load_settings

APP_DIR = Path(__file__).resolve().parents[2] / "apps" / "fetal_head"

app = typer.Typer(
    help="Assisted annotation of 2D fetal-head ultrasound: brain, cavum septi pellucidi and lateral ventricle.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
models = typer.Typer(help="The versions of the model.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(models, name="models")
console = Console(stderr=True)
T = TypeVar("T")

Conf = Annotated[
    list[str] | None, typer.Option("--conf", metavar="KEY=VALUE", help="A setting of configs/*.yaml; may be given often.")
]
App = Annotated[Path, typer.Option("--app", envvar="FETAL_HEAD_APP", help="The app's folder, which keeps the models.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]


def main() -> None:
    """Runs the command line; bad input ends with one sentence and exit status 1."""
    arguments = _pair_conf(sys.argv[1:])
    try:
        app(arguments)
    except (ValueError, OSError) as error:
        _stop(str(error))


@app.command(epilog="Example: fetal-head serve --studies studies/demo --port 8000")
def serve(
    studies: Annotated[str, typer.Option(help="Folder of images, with or without labels.")],
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8000,
    app_dir: App = APP_DIR,
    conf: Conf = None,
) -> None:
    """Start the server for 3D Slicer."""
    if not Path(studies).is_dir():
        raise ValueError(f"there is no study folder {studies}")
    overrides = _overrides(conf)
    load_settings(overrides)
    pairs = [part for key, value in overrides.items() for part in ("--conf", key, value)]
    command = ["start_server", "--app", str(app_dir), "--studies", studies, "--host", host, "--port", str(port), *pairs]
    os.execv(sys.executable, [sys.executable, "-m", "monailabel.main", *command])


@app.command(epilog="Example: fetal-head phantom --count 20 --to studies/demo --seed 1")
def phantom(
    count: Annotated[int, typer.Option(min=1, help="How many images.")],
    to: Annotated[Path, typer.Option(help="New study folder, or one to add to.")],
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same images.")] = 0,
    labels: Annotated[bool, typer.Option(help="With their masks; --no-labels leaves images to annotate.")] = True,
) -> None:
    """Make a study folder of synthetic fetal heads with their true masks."""
    from fetal_head.datasets.phantoms import write_phantoms

    write_phantoms(to, count, seed, with_labels=labels, progress=lambda items: _progress(items, "phantoms", count))
    console.print(f"{count} phantoms are in {to}")


@app.command("import", epilog="Example: fetal-head import ~/Downloads/HC18 --to studies/hc18")
def import_(
    source: Annotated[Path, typer.Argument(help="HC18, Alzubaidi 2023, or a folder of images and masks.")],
    to: Annotated[Path, typer.Option(help="New study folder, or one to add to.")],
    as_json: AsJson = False,
) -> None:
    """Turn a public data set or a folder of images and masks into a study folder (that no server has open)."""
    from fetal_head.datasets import import_dataset

    report = import_dataset(source, to, progress=lambda items: _progress(items, "images"))
    if as_json:
        print(json.dumps({"images": report.images, "skipped": [asdict(s) for s in report.skipped]}, indent=2))
    for skipped_file in report.skipped:
        console.print(f"skipped {skipped_file.file}: {skipped_file.reason}", highlight=False, markup=False)
    console.print(f"{report.images} images are in {to}, {len(report.skipped)} were skipped; {to / 'summary.csv'} lists them")
    if not all(skipped_file.redundant for skipped_file in report.skipped):
        raise typer.Exit(1)


@app.command(epilog="Example: fetal-head predict a.png b.png --to out --overlay")
def predict(
    images: Annotated[list[Path], typer.Argument(help="Images of any supported kind.")],
    to: Annotated[Path, typer.Option(help="Folder for masks and predictions.csv.")],
    overlay: Annotated[bool, typer.Option(help="Also draw the outlines on the images.")] = False,
    model: Annotated[str | None, typer.Option(help="Model version; by default the one that is served.")] = None,
    pixel_size: Annotated[
        tuple[float, float] | None, typer.Option(help="mm per pixel down and across, where the files do not tell.")
    ] = None,
    app_dir: App = APP_DIR,
    as_json: AsJson = False,
    conf: Conf = None,
) -> None:
    """Predict masks, and measure them."""
    from fetal_head.model.batch import predict_files
    from fetal_head.model.predictor import Predictor
    from fetal_head.model.registry import Registry

    predictor = Predictor(Registry.of_app(app_dir), load_settings(_overrides(conf)).model.threshold, model)
    rows, failed = predict_files(_progress(images, "images", len(images)), to, predictor, overlay=overlay, spacing=pixel_size)
    if as_json:
        print(json.dumps(rows, indent=2))
    for reason in failed:
        console.print(f"skipped {reason}", highlight=False, markup=False)
    console.print(f"{len(rows)} masks and predictions.csv are in {to}")
    if failed:
        raise typer.Exit(1)


@app.command(epilog="Example: fetal-head train --studies studies/demo --epochs 10")
def train(
    studies: Annotated[Path, typer.Option(help="Study folder with submitted labels.")],
    epochs: Annotated[int | None, typer.Option(min=1, help="Passes of training.")] = None,
    init: Annotated[str | None, typer.Option(help="Version to start from, or 'scratch'; by default the served one.")] = None,
    app_dir: App = APP_DIR,
    as_json: AsJson = False,
    conf: Conf = None,
) -> None:
    """Do what the Train button does, without a server."""
    from fetal_head.learning.retraining import retrain
    from fetal_head.model.registry import Registry
    from fetal_head.store.study import StudyDatastore, labelled_images

    if not studies.is_dir():
        raise ValueError(f"there is no study folder {studies}")
    overrides = _overrides(conf) | ({"max_epochs": str(epochs)} if epochs else {})
    registry = Registry.of_app(app_dir)
    outcome = retrain(
        labelled_images(StudyDatastore(str(studies.resolve()))),
        load_settings(overrides),
        registry,
        start=None if init == "scratch" else registry.version(init) if init else registry.current(),
        on_epoch=lambda epoch: console.print(f"epoch {epoch.number}/{epoch.of}: loss {epoch.loss:.4f} {_dice(epoch.dice)}"),
        say=lambda text: console.print(text, highlight=False, markup=False),
    )
    if as_json:
        print(json.dumps({"version": outcome.version, "dice": outcome.best.dice}, indent=2))
    console.print(f"version {outcome.version} is published and served")


@models.command("list", epilog="Example: fetal-head models list")
def list_models(app_dir: App = APP_DIR, as_json: AsJson = False) -> None:
    """List the versions of the model; a star marks the served one."""
    from fetal_head.model.registry import Registry

    registry = Registry.of_app(app_dir)
    served = registry.current().name
    rows: list[dict[str, Any]] = [
        {"version": v.name, "served": v.name == served, "created": v.description.created, **v.description.metrics}
        for v in registry.versions()
    ]
    if as_json:
        print(json.dumps(rows, indent=2))
        return
    table = Table("", "version", "created", "validation Dice")
    for row in rows:
        table.add_row("*" if row["served"] else "", row["version"], row["created"], _dice(row.get("dice", {})))
    Console().print(table)


def _dice(dice: dict[str, float | None]) -> str:
    return ", ".join(f"{name} {value:.3f}" for name, value in dice.items() if value is not None)


def _progress(items: Iterable[T], what: str, total: int | None = None) -> Iterable[T]:
    return track(items, description=what, total=total, console=console, transient=True)


def _pair_conf(arguments: list[str]) -> list[str]:
    """`--conf key value`, as MONAI Label writes it, becomes `--conf key=value`, which typer can read."""
    paired: list[str] = []
    rest = iter(arguments)
    for argument in rest:
        if argument in ("--conf", "-c"):
            key = next(rest, "")
            paired += ["--conf", key if "=" in key else f"{key}={next(rest, '')}"]
        else:
            paired.append(argument)
    return paired


def _overrides(conf: list[str] | None) -> dict[str, str]:
    return dict(pair.split("=", 1) for pair in conf or [])


def _stop(sentence: str) -> NoReturn:
    console.print(f"fetal-head: {sentence}", style="red", highlight=False, markup=False)
    raise SystemExit(1)


if __name__ == "__main__":
    main()
