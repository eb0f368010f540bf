"""`fetal-head predict`."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from fetal_head.cli.options import APP_DIR, AsJson, Conf, ModelsOf, app, console, overrides, progress
from fetal_head.config import load_settings


@app.command(epilog="Example: fetal-head predict a.png b.png --to out --overlay")
def predict(
    images: Annotated[list[Path], typer.Argument(help="Images of any supported kind.")],
    to: Annotated[Path, typer.Option(file_okay=False, help="Folder for masks and predictions.csv.")],
    overlay: Annotated[bool, typer.Option(help="Also draw the outlines on the images.")] = False,
    model: Annotated[str | None, typer.Option(help="Model version; by default the one that is served.")] = None,
    pixel_size: Annotated[
        tuple[float, float] | None,
        typer.Option(help="mm per pixel down and across, where neither the file nor its study folder tells."),
    ] = None,
    weeks: Annotated[float | None, typer.Option(help="Gestational age known from dating, for z-scores and centiles.")] = None,
    app_dir: ModelsOf = APP_DIR,
    as_json: AsJson = False,
    conf: Conf = None,
) -> None:
    """Predict masks, and measure them."""
    from fetal_head.biometry.gestational_age import check_age
    from fetal_head.imaging import Geometry
    from fetal_head.imaging.limits import check_pixel_size
    from fetal_head.model.batch import predict_files
    from fetal_head.model.predictor import Predictor
    from fetal_head.model.registry import Registry
    from fetal_head.store.said import Told
    from fetal_head.store.telling import told_in

    if pixel_size is not None:
        check_pixel_size("an image", pixel_size)
    if weeks is not None:
        check_age("--weeks", weeks)
    settings = load_settings(overrides(conf))
    predictor = Predictor(Registry.of_app(app_dir), settings.model, model)
    told = {folder: told_in(folder, settings.store) for folder in {path.parent for path in images}}

    def spacing_of(path: Path, geometry: Geometry) -> tuple[float, float] | None:
        said = told[path.parent].get(path.name, Told())
        said.check_file(path)
        return said.spacing or geometry.spacing or pixel_size

    shown = partial(progress, what="images", total=len(images))
    rows, failed = predict_files(
        images,
        to,
        predictor,
        overlay=overlay,
        spacing_of=spacing_of,
        weeks=weeks,
        progress=shown,
    )
    if as_json:
        print(json.dumps(rows, indent=2))
    for reason in failed:
        console.print(f"skipped {reason}")
    if rows:
        console.print(f"{len(rows)} masks and predictions.csv are in {to}")
    if failed:
        raise typer.Exit(1)
