"""Predictions for a list of files: masks, overlays and one table."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from fetal_head.biometry import measure
from fetal_head.files import replacing, suffix_of, write_text
from fetal_head.imaging import read_image, write_mask
from fetal_head.imaging.overlay import overlay as draw
from fetal_head.model.predictor import Predictor
from fetal_head.model.report import structures_found


def predict_files(
    images: Iterable[Path],
    to: Path,
    predictor: Predictor,
    *,
    overlay: bool = False,
    spacing: tuple[float, float] | None = None,
    weeks: float | None = None,
) -> tuple[list[dict[str, Any]], list[str]]:
    """Writes `NAME.nrrd`, `NAME_overlay.png` and `predictions.csv`, a row an image, into `to`.

    Args:
        spacing: mm per pixel along (rows, columns) for files that do not tell their own.
        weeks: gestational age known from dating, for z-scores and centiles.

    Returns:
        The rows, and a sentence for each image that could not be read.

    Raises:
        ValueError: two images have the same name, so that one would overwrite the other.
    """
    rows: list[dict[str, Any]] = []
    failed: list[str] = []
    for path in images:
        name = path.name[: -len(suffix_of(path))] if suffix_of(path) else path.name
        if any(row["image"] == name for row in rows):
            raise ValueError(f"two images are called {name}; predict them into different folders")
        try:
            image, geometry = read_image(path)
        except ValueError as error:
            failed.append(str(error))
            continue
        prediction = predictor.predict(image)
        with replacing(to / f"{name}.nrrd") as temporary:
            write_mask(temporary, prediction.mask, geometry)
        if overlay:
            with replacing(to / f"{name}_overlay.png") as temporary:
                draw(image, prediction.mask).save(temporary)
        size = geometry.spacing or spacing
        found = structures_found(prediction, size)
        structures = {f"{key.lower()}_{what}": found[key][what] for key in found for what in ("area_px", "confidence")}
        biometry = asdict(measure(prediction.mask, size, weeks=weeks, confidence=prediction.confidence))
        flags = " ".join(biometry.pop("flags"))
        rows.append({"image": name, "model": prediction.version, **biometry, "flags": flags, **structures})
    if rows:
        write_text(to / "predictions.csv", _csv(rows))
    return rows, failed


def _csv(rows: list[dict[str, Any]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
