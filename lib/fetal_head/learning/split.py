"""Which patients the model is judged on. Decided by the patient's own name, so it never moves."""

from __future__ import annotations

import re
from hashlib import sha256


def fold_of(patient: str, folds: int) -> int:
    """The fold, 0 .. folds - 1, of a patient: a hash of the id alone, whatever else is labelled now or later."""
    return int.from_bytes(sha256(patient.encode()).digest()[:8], "big") % folds


def is_validation(patient: str, folds: int) -> bool:
    """Whether a patient's images are for validation (fold 0), never for training."""
    return fold_of(patient, folds) == 0


def patient_of(image_id: str) -> str:
    """The patient that an image's name tells, for images that came without one.

    `Patient00644_Plane3_1_of_3` is of Patient00644 (FETAL_PLANES_DB), `010_2HC` of HC18-010 (HC18); any other name
    is taken for a patient of its own.
    """
    if match := re.match(r"(Patient\d+)(?![0-9A-Za-z])", image_id):
        return match[1]
    if match := re.fullmatch(r"(\d+)_\d*HC", image_id):
        return f"HC18-{match[1]}"
    return image_id
