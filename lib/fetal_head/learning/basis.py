"""The images that a new model and the served one are compared on."""

from __future__ import annotations

from collections.abc import Sequence

from fetal_head.learning.judging import JudgedOn
from fetal_head.learning.samples import Labelled
from fetal_head.model.ancestry import Learned
from fetal_head.patients import known_patients


def basis(learned: Sequence[Labelled], held: Sequence[Labelled], known: Learned) -> tuple[list[Labelled], JudgedOn]:
    """The labels that tell most of two models, and what those are.

    Args:
        learned, held: what the new model has learned from, and what was held back from it.
        known: whom the two models or those before them have learned from; what they know, they may know by heart.
    """
    if not held:
        return list(learned), JudgedOn.TRAINING
    seen = known_patients(((label.id, label.patient_id) for label in held), known.patients)
    unseen = [label for label in held if label.patient_id not in seen]
    if not unseen:
        return list(held), JudgedOn.LEARNED_BEFORE
    return unseen, JudgedOn.VALIDATION if known.whole else JudgedOn.PERHAPS_LEARNED_BEFORE
