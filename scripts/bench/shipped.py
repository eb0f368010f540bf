"""How good the shipped model is on patients that it never saw, at the original image size.

    fetal-head import HC18 --to studies/hc18
    fetal-head import BIOMETRY_TV --to studies/tv
    python scripts/bench/shipped.py --real studies/hc18 --real studies/tv --to runs/shipped.json

Only validation patients (fold 0 of 5 by the hash of the patient id) are looked at. Dice is the mean over the images in which
the structure is annotated and present; false presence the share of the annotated images without it in which it is seen.
"""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from fetal_head.biometry import measure
from fetal_head.config import load_settings
from fetal_head.files import write_text
from fetal_head.imaging import Mask, annotated_in, read_image, read_mask
from fetal_head.labels import BRAIN, STRUCTURES
from fetal_head.learning.metrics import dice_per_image
from fetal_head.learning.samples import Labelled
from fetal_head.learning.split import is_validation
from fetal_head.model.predictor import Predictor
from fetal_head.model.registry import SHIPPED_NAME, Registry
from fetal_head.store.study import StudyDatastore, labelled_images


def main(
    real: Annotated[list[Path], typer.Option(help="Study folder with labelled images; may be given often.")],
    to: Annotated[Path, typer.Option(help="JSON file for the figures.")],
) -> None:
    """Prints the table and writes the figures."""
    settings = load_settings()
    predictor = Predictor(Registry(Path("nowhere")), settings.model.threshold, SHIPPED_NAME)
    dice: dict[str, list[float]] = defaultdict(list)
    false_presence: dict[str, list[bool]] = defaultdict(list)
    hc_errors: list[float] = []
    patients = set()
    for study in real:
        store = StudyDatastore(str(study.resolve()))
        folds = settings.learning.validation_folds
        held_out = [label for label in labelled_images(store) if is_validation(label.patient_id, folds)]
        for labelled in track(held_out, description=study.name):
            patients.add(labelled.patient_id)
            image, geometry = read_image(labelled.image)
            truth, predicted = read_mask(labelled.mask, geometry.shape), predictor.predict(image).mask
            for name, value, present in _judged(labelled, truth, predicted):
                (dice if present else false_presence)[name].append(value)
            spacing = store.spacing_of(str(labelled.image), geometry)
            true_hc, hc = measure(truth, spacing).hc, measure(predicted, spacing).hc
            if spacing and true_hc and hc:
                hc_errors.append(hc - true_hc)
    figures = _figures(dice, false_presence, hc_errors) | {"patients": len(patients)}
    write_text(to, json.dumps(figures, indent=2))
    _print(figures)


def _judged(labelled: Labelled, truth: Mask, predicted: Mask) -> list[tuple[str, float, bool]]:
    """(structure, its Dice or whether it was seen, whether it is there) for each annotated structure."""
    judged = []
    for structure in STRUCTURES:
        if structure.name not in (labelled.annotated or annotated_in(truth)):
            continue
        true, seen = ((m > 0 if structure is BRAIN else m == structure.value) for m in (truth, predicted))
        value = float(dice_per_image(torch.from_numpy(seen), torch.from_numpy(true))) if true.any() else float(seen.any())
        judged.append((structure.name, value, bool(true.any())))
    return judged


def _figures(dice: dict[str, list[float]], false_presence: dict[str, list[bool]], hc_errors: list[float]) -> dict[str, Any]:
    structures = {
        name: {
            "dice": float(np.mean(values)),
            "n": len(values),
            "false_presence": float(np.mean(false_presence[name])) if false_presence[name] else None,
            "n_absent": len(false_presence[name]),
        }
        for name, values in dice.items()
    }
    errors = np.asarray(hc_errors)
    return {
        "structures": structures,
        "hc_mm": {"mae": float(abs(errors).mean()), "bias": float(errors.mean()), "sd": float(errors.std()), "n": len(errors)},
    }


def _print(figures: dict[str, Any]) -> None:
    table = Table("structure", "Dice", "images", "seen where absent", "images")
    for name, row in figures["structures"].items():
        absent = "" if row["false_presence"] is None else f"{row['false_presence']:.2f}"
        table.add_row(name, f"{row['dice']:.3f}", str(row["n"]), absent, str(row["n_absent"]))
    Console().print(table, f"{figures['patients']} patients; HC against that of the true mask, mm:", figures["hc_mm"])


if __name__ == "__main__":
    typer.run(main)
