"""Which patients the model is judged on. Decided by the patient's own name, so it never moves."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256


def fold_of(patient: str, folds: int) -> int:
    """The fold, 0 .. folds - 1, of a patient: a hash of the id alone, whatever else is labelled now or later."""
    return int.from_bytes(sha256(patient.encode()).digest()[:8], "big") % folds


def is_validation(patient: str, folds: int) -> bool:
    """Whether a patient's images are for validation (fold 0), never for training."""
    return fold_of(patient, folds) == 0


def split(patients: Sequence[str], folds: int) -> tuple[list[int], list[int]]:
    """Positions of what is trained on and of what is held back, given whose each is.

    Raises:
        ValueError: all are held back. To train on them until there are others would move them later.
    """
    held = [i for i, patient in enumerate(patients) if is_validation(patient, folds)]
    if held and len(held) == len(patients):
        raise ValueError(
            "every labelled patient is one of those that models are judged on, never learned from: "
            "label images of another patient, then train"
        )
    return [i for i, patient in enumerate(patients) if not is_validation(patient, folds)], held
