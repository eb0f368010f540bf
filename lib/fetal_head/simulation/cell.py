"""What is known after one training of a campaign."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from fetal_head.files import write_text
from fetal_head.patients import patient_of


@dataclass(frozen=True)
class Judged:
    """One test image.

    Attributes:
        dice: by structure that its mask has, at the image's own size.
        apl: pixels of contour that would have to be drawn to correct the prediction, by annotated structure.
        patient: None, as in cells of before, takes it from the id.
    """

    id: str
    dice: dict[str, float]
    apl: dict[str, int]
    patient: str | None = None

    @property
    def patient_id(self) -> str:
        """The patient, told or taken from the name."""
        return self.patient or patient_of(self.id)

    @property
    def mean_dice(self) -> float | None:
        """Over its structures; None where it has none."""
        return sum(self.dice.values()) / len(self.dice) if self.dice else None


@dataclass(frozen=True)
class Cell:
    """One strategy with one seed after `budget` labels.

    Attributes:
        labelled: the ids, in the order in which they were asked for.
        images: how the model that learned from them does on the test images.
        seconds: that choosing, training and judging took.
    """

    strategy: str
    seed: int
    budget: int
    labelled: tuple[str, ...]
    images: tuple[Judged, ...]
    seconds: float


def cell_path(to: Path, strategy: str, seed: int, budget: int) -> Path:
    """The file of a cell."""
    return to / "cells" / f"{strategy}-{seed}-{budget}.json"


def write_cell(to: Path, cell: Cell) -> None:
    """Keeps a finished cell, whole or not at all."""
    write_text(cell_path(to, cell.strategy, cell.seed, cell.budget), json.dumps(asdict(cell)))


def read_cell(path: Path) -> Cell | None:
    """A finished cell; None when there is none. Raises ValueError for one that is damaged."""
    if not path.exists():
        return None
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        images = tuple(Judged(**image) for image in found.pop("images"))
        return Cell(**{**found, "labelled": tuple(found["labelled"])}, images=images)
    except (ValueError, TypeError, LookupError, AttributeError) as error:
        raise ValueError(f"{path} is damaged or was written by another version ({error}): name a new folder") from error
