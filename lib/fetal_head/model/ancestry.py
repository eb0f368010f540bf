"""What a model has learned from: its own file tells, and those of all models that it was trained from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from fetal_head.model.registry import Registry, Version
from fetal_head.patients import patient_of


class Learned(NamedTuple):
    """Whom a model or one before it has learned from.

    Attributes:
        patients: all that are named.
        whole: whether every model of the line names its own; else there may be more.
    """

    patients: frozenset[str]
    whole: bool


UNTOLD = Learned(frozenset(), whole=False)
# by random weights
NOTHING = Learned(frozenset(), whole=True)


def line(version: Version, registry: Registry) -> Iterator[Version]:
    """The model and all that it was trained from, back to one that names all patients that it has seen.

    Raises:
        ValueError: one is not there to be asked, its file is damaged, or it would be an ancestor of itself.
    """
    met = {version.name}
    yield version
    while (parent := version.description.parent) is not None:
        try:
            ancestor = registry.version(parent)
        except ValueError as error:
            raise ValueError(
                f"the model '{version.name}' was trained from '{parent}', which is not there: nobody can tell what it has seen"
            ) from error
        if ancestor.name in met:
            raise ValueError(f"the model '{ancestor.name}' is said to be trained from itself: nobody can tell what it has seen")
        met.add(ancestor.name)
        yield ancestor
        version = ancestor


def tells(training: dict[str, Any]) -> bool:
    """Whether `Description.training` names what the model has learned from: settings, or who uploaded it, do not."""
    return isinstance(training.get("patients"), list) or isinstance(_dictionary(training.get("labels")).get("masks"), dict)


def learned_from(training: dict[str, Any]) -> tuple[dict[str, str], set[str]]:
    """The labels by id with the start of their hashes, and the patients, that `Description.training` names."""
    labels = _dictionary(_dictionary(training.get("labels")).get("masks"))
    patients = training.get("patients")
    named = map(str, patients) if isinstance(patients, list) else ()
    hashes = {name: start for name, start in labels.items() if isinstance(start, str)}
    return hashes, {*named, *map(patient_of, labels)}


def learned_by_line(version: Version, registry: Registry) -> Learned:
    """Whom the model and those that it was trained from have learned from, as far as they tell; never raises."""
    patients: set[str] = set()
    try:
        for ancestor in line(version, registry):
            training = ancestor.description.training
            if not tells(training):
                return Learned(frozenset(patients), whole=False)
            patients |= learned_from(training)[1]
    except ValueError:
        return Learned(frozenset(patients), whole=False)
    return Learned(frozenset(patients), whole=True)


def learned_by_any(versions: Sequence[Version], registry: Registry) -> Learned:
    """Whom some of these models, or of those that they were trained from, have learned from, as far as they tell."""
    learned = [learned_by_line(version, registry) for version in versions]
    return Learned(frozenset[str]().union(*(each.patients for each in learned)), all(each.whole for each in learned))


def _dictionary(value: Any) -> dict[str, Any]:
    # the header of a file that somebody uploaded may hold anything
    return value if isinstance(value, dict) else {}
