"""Whether a model is measured by patients from whom it has learned."""

from __future__ import annotations

from collections.abc import Sequence

from fetal_head.evaluation.pairs import Pair
from fetal_head.model.ancestry import Learned
from fetal_head.patients import known_patients


def known_images(pairs: Sequence[Pair], learned: Learned) -> int | None:
    """How many are of patients whom the model or one before it has learned from; None when nobody can tell."""
    known = known_patients(((pair.id, pair.patient) for pair in pairs), learned.patients)
    count = sum(pair.patient in known for pair in pairs)
    return count if count or learned.whole else None


def warning(known: int | None, images: int) -> str:
    """A sentence on `known_images` of so many `images`; empty when the model knows none."""
    if known is None:
        return (
            "Nobody can tell whether the model has learned from these patients: its file, or that of a model before it, "
            "does not say from whom. The figures may be too good."
        )
    if known == 0:
        return ""
    return (
        f"The model, or one before it, has learned from the patients of {known} of the {images} images: "
        "the figures are better than those of new patients would be."
    )
