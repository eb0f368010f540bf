"""Whether a model has learned from images that a campaign wants to judge it by."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

from fetal_head.evaluation.pairs import Pair
from fetal_head.model.ancestry import learned_from, line, tells
from fetal_head.model.registry import Registry, Version
from fetal_head.patients import known_patients, same_name


def check_ancestry(version: Version, registry: Registry, pairs: Sequence[Pair]) -> None:
    """Nothing when neither the model nor one that it was trained from has seen a label or a patient of `pairs`.

    Raises:
        ValueError: it has, or a model in the line does not say what it has learned from or is not there to be asked; the
            sentence names one.
    """
    ids = {same_name(pair.id) for pair in pairs}
    masks = {sha256(pair.mask.read_bytes()).hexdigest()[:12]: pair.id for pair in pairs}
    for ancestor in line(version, registry):
        if not tells(ancestor.description.training):
            raise ValueError(
                f"the model '{ancestor.name}' does not say what it has learned from: "
                "start from a model that does, or from 'scratch'"
            )
        labels, known = learned_from(ancestor.description.training)
        seen = sorted(ids & set(map(same_name, labels))) or sorted(masks[digest] for digest in labels.values() if digest in masks)
        seen = seen or sorted(known_patients(((pair.id, pair.patient) for pair in pairs), known))
        if seen:
            raise ValueError(
                f"the model '{ancestor.name}' has learned from {seen[0]}, which is in the pool or the test set: "
                "start from a model that has not, or from 'scratch'"
            )
