"""A folder of images and one of masks -> metrics, a table, figures and a report."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import Any

from fetal_head import __version__
from fetal_head.csv_text import as_csv
from fetal_head.evaluation.comparison import PUBLISHED_HC, Comparison, compare
from fetal_head.evaluation.known import known_images
from fetal_head.evaluation.overlays import OVERLAYS, overlays
from fetal_head.evaluation.pairs import Pair, find_pairs
from fetal_head.evaluation.picture import Picture
from fetal_head.evaluation.plots import DICE_FILE, bland_altman, bland_altman_file, dice_distribution
from fetal_head.evaluation.predictor import MaskPredictor
from fetal_head.evaluation.report import LENGTHS, render
from fetal_head.evaluation.rules import RULES
from fetal_head.evaluation.summary import summarise
from fetal_head.evaluation.table import table
from fetal_head.files import write_text
from fetal_head.labels import NAMES, in_order
from fetal_head.model.ancestry import UNTOLD, Learned
from fetal_head.store.said import Told

# the lengths of which there is a plot
PLOTTED = ("hc_mm", PUBLISHED_HC)
FIGURES = (DICE_FILE, *map(bland_altman_file, PLOTTED), *OVERLAYS)


def evaluate_folders(
    images: Path,
    masks: Path,
    to: Path,
    predictor: MaskPredictor,
    *,
    classes: Sequence[str] = NAMES,
    pixel_size: Path | None = None,
    told: Mapping[str, Told] = MappingProxyType({}),
    learned: Learned = UNTOLD,
    command: str = "",
    progress: Callable[[Sequence[Pair]], Iterable[Pair]] = iter,
) -> dict[str, Any]:
    """Writes `metrics.json`, `per_image.csv`, the figures and `report.html` into `to`, once all of them are made.

    Args:
        images, masks: folders, or one folder, with files of the same names; see `pairs.find_pairs`.
        classes: the structures to judge; the masks are taken to say nothing of others.
        pixel_size: csv of millimetres per pixel, and published head circumferences if it has them.
        told: what their study says of the images, by file name; see `pairs.find_pairs`.
        learned: whom the model has learned from; `metrics["learned_from"]` counts their images, None when nobody can tell.
        command: how this was called, for the report.
        progress: wraps the images to go through, as `rich.progress.track` does.

    Returns:
        What `metrics.json` holds.

    Raises:
        ValueError: a folder, an image, a mask or the csv is of no use, or no mask speaks of `classes`. Nothing is written then.
    """
    classes = in_order(classes)
    if to.resolve() in (images.resolve(), masks.resolve()):
        raise ValueError(f"{to} cannot take the report: name a new folder, not the one of the images or masks")
    _check_writable(to)
    pairs = find_pairs(images, masks, pixel_size, told)
    comparisons = [compare(pair, predictor, classes) for pair in progress(pairs)]
    if not any(comparison.original for comparison in comparisons):
        raise ValueError(f"no mask in {masks} speaks of {', '.join(classes)}; ask for other classes")
    metrics = {
        "model": ", ".join(sorted({comparison.version for comparison in comparisons})),
        "classes": list(classes),
        **summarise(comparisons, classes),
        "learned_from": known_images(pairs, learned),
        "rules": RULES,
        "command": command,
        "fetal_head": __version__,
    }
    plots, shown = _plots(comparisons, classes), list(overlays(comparisons, predictor, classes))
    report = render(metrics, plots, shown)
    for name in FIGURES:
        # one of an earlier evaluation may be of another model
        (to / name).unlink(missing_ok=True)
    for picture in (*plots, *shown):
        picture.save(to)
    rows = table(comparisons, classes)
    write_text(to / "per_image.csv", as_csv(rows, rows[0].keys()))
    write_text(to / "report.html", report)
    write_text(to / "metrics.json", as_json(metrics))
    return metrics


def _check_writable(to: Path) -> None:
    """Raises ValueError where nothing can be written into a folder: better now than after the last of thousands of images."""
    there = next(path for path in (to, *to.absolute().parents) if path.exists())
    try:
        TemporaryDirectory(dir=there).cleanup()
    except OSError as error:
        raise ValueError(f"{to} cannot take the report: name a new folder; {there}: {error.strerror}") from error


def as_json(metrics: dict[str, Any]) -> str:
    """As `metrics.json` holds it; a number that is not defined is null."""
    return json.dumps(metrics, indent=2, allow_nan=False, ensure_ascii=False)


def _plots(comparisons: Sequence[Comparison], classes: Sequence[str]) -> list[Picture]:
    found = (
        dice_distribution(comparisons, classes),
        *(bland_altman(comparisons, key, LENGTHS[key]) for key in PLOTTED),
    )
    return [picture for picture in found if picture]
