"""Whether a model has learned from images that a campaign wants to judge it by."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from typing import Any

from fetal_head.evaluation.pairs import Pair
from fetal_head.model.registry import SHIPPED_NAME, Registry, Version
from fetal_head.patients import patient_of


def check_ancestry(version: Version, registry: Registry, pairs: Sequence[Pair]) -> None:
    """Nothing when neither the model nor one that it was trained from has seen a label or a patient of `pairs`.

    Raises:
        ValueError: it has, or a model in the line does not say what it has learned from or is not there to be asked; the
            sentence names one.
    """
    patients = {pair.patient for pair in pairs}
    ids = {pair.id for pair in pairs}
    masks = {sha256(pair.mask.read_bytes()).hexdigest()[:12]: pair.id for pair in pairs}
    for ancestor in _line(version, registry):
        if not ancestor.description.training:
            raise ValueError(
                f"the model '{ancestor.name}' does not say what it has learned from: "
                "start from a model that does, or from 'scratch'"
            )
        labels, known = _learned_from(ancestor.description.training)
        seen = sorted(ids & labels.keys()) or sorted(masks[digest] for digest in labels.values() if digest in masks)
        seen = seen or sorted(patients & known)
        if seen:
            raise ValueError(
                f"the model '{ancestor.name}' has learned from {seen[0]}, which is in the pool or the test set: "
                "start from a model that has not, or from 'scratch'"
            )


def _line(version: Version, registry: Registry) -> Iterator[Version]:
    """The model and all that it was trained from, back to the shipped one, which names all patients that it has seen."""
    yield version
    while version.name != SHIPPED_NAME and (parent := version.description.parent) is not None:
        try:
            ancestor = registry.version(parent)
        except ValueError as error:
            raise ValueError(
                f"the model '{version.name}' was trained from '{parent}', which is not there: nobody can tell what it has seen"
            ) from error
        yield ancestor
        version = ancestor


def _learned_from(training: dict[str, Any]) -> tuple[dict[str, str], set[str]]:
    """The labels by id with the start of their hashes, and the patients, that a model file names."""
    labels = (training.get("labels") or {}).get("masks") or {}
    patients = training.get("patients")
    named: Iterable[str] = patients if isinstance(patients, list) else ()
    return labels, {*named, *map(patient_of, labels)}
