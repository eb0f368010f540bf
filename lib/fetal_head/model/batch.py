"""Predictions for a list of files: masks, overlays and one table."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from fetal_head.biometry import measure
from fetal_head.csv_text import as_csv
from fetal_head.datasets.names import stem_of
from fetal_head.files import alone_in, replacing, write_text
from fetal_head.imaging import Geometry, read_image, write_mask
from fetal_head.imaging.overlay import overlay as draw
from fetal_head.model.predictor import Predictor
from fetal_head.model.report import structures_found
from fetal_head.model.segmenter import Prediction


def predict_files(
    images: Sequence[Path],
    to: Path,
    predictor: Predictor,
    *,
    overlay: bool = False,
    spacing_of: Callable[[Path, Geometry], tuple[float, float] | None] = lambda _, geometry: geometry.spacing,
    weeks: float | None = None,
    progress: Callable[[Iterable[Path]], Iterable[Path]] = iter,
) -> tuple[list[dict[str, Any]], list[str]]:
    """Writes `NAME.nrrd`, `NAME_overlay.png` and `predictions.csv`, a row an image, into `to`.

    Rows of other images that the table has of an earlier run stay in it, as their masks do.

    Args:
        spacing_of: mm per pixel along (rows, columns) of a file that was read, by its path and what it says itself; ValueError
            where that must not be used.
        weeks: gestational age known from dating, for z-scores and centiles.
        progress: wraps the images to go through, as `rich.progress.track` does.

    Returns:
        The rows, and a sentence for each image that could not be read or measured.

    Raises:
        ValueError: two images have the same name, `to` is the folder of one, or its table is none of ours. Nothing is
            written then.
    """
    _check_names(images, to)
    table = to / "predictions.csv"
    # one that is none of ours is refused before anything is written
    _rows(table)
    rows: list[dict[str, Any]] = []
    failed: list[str] = []
    try:
        for path in progress(images):
            try:
                image, geometry = read_image(path)
                spacing = spacing_of(path, geometry)
            except ValueError as error:
                failed.append(str(error))
                continue
            prediction = predictor.predict(image)
            name = stem_of(path)
            row = _row(name, prediction, spacing, weeks)
            drawn = to / f"{name}_overlay.png"
            with replacing(to / f"{name}.nrrd") as temporary:
                # one of an earlier run shows another mask
                drawn.unlink(missing_ok=True)
                write_mask(temporary, prediction.mask, geometry)
            rows.append(row)
            if overlay:
                with replacing(drawn) as temporary:
                    draw(image, prediction.mask).save(temporary)
    finally:
        # broken off, the masks that are there have their rows
        if rows:
            _keep(table, rows)
    return rows, failed


def _keep(table: Path, rows: Sequence[dict[str, Any]]) -> None:
    """Puts rows into the table, in the place of those of the same images."""
    names = {row["image"] for row in rows}
    # runs that fill one folder at the same time write into it in turn, and each finds the rows of those before it
    with alone_in(table.parent):
        others = [row for row in _rows(table) if row["image"] not in names]
        # of another version, a row may lack a column or have one more
        columns = dict.fromkeys(column for row in (*rows[:1], *others) for column in row)
        write_text(table, as_csv([*others, *rows], columns))


def _rows(table: Path) -> list[dict[str, Any]]:
    if not table.exists():
        return []
    try:
        # spreadsheets put a mark before the first letter
        with table.open(newline="", encoding="utf-8-sig") as file:
            rows: list[dict[str, Any]] = list(csv.DictReader(file, strict=True))
    except (UnicodeDecodeError, csv.Error):
        rows = [{}]
    if not all("image" in row and None not in row for row in rows):
        what = f"{table} is no table of predictions as they are written here"
        raise ValueError(f"{what}: move it away, or name another folder with --to")
    return rows


def _row(name: str, prediction: Prediction, spacing: tuple[float, float] | None, weeks: float | None) -> dict[str, Any]:
    found = structures_found(prediction, spacing)
    structures = {f"{key.lower()}_{what}": found[key][what] for key in found for what in ("area_px", "confidence")}
    biometry = asdict(measure(prediction.mask, spacing, weeks=weeks, confidence=prediction.confidence))
    flags = " ".join(biometry.pop("flags"))
    return {"image": name, "model": prediction.version, **biometry, "flags": flags, **structures}


def _check_names(images: Sequence[Path], to: Path) -> None:
    twice = [name for name, count in Counter(map(stem_of, images)).items() if count > 1]
    if twice:
        raise ValueError(f"two images are called {twice[0]}; predict them into different folders")
    # a mask beside its image, or a link to it, would take its place there, for annotators too: they are known by name without
    # extension
    if to.resolve() in {folder for path in images for folder in (path.resolve().parent, path.parent.resolve())}:
        raise ValueError(f"{to} holds images, and their masks would be taken for some; name another folder with --to")
