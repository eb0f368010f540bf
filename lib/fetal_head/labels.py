"""The three structures of a fetal-head mask: the only place that knows their values, names, colours and codes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

BACKGROUND = 0


@dataclass(frozen=True)
class Structure:
    """One structure as it stands in a mask (`value`), in a viewer (`name`, `colour` as RGB 0..255) and in DICOM (SNOMED CT)."""

    value: int
    name: str
    title: str
    colour: tuple[int, int, int]
    snomed: str


BRAIN = Structure(1, "BRAIN", "brain", (230, 75, 60), "12738006")
CSP = Structure(2, "CSP", "cavum septi pellucidi", (245, 205, 50), "74968005")
LV = Structure(3, "LV", "lateral ventricle", (65, 135, 245), "66720007")

STRUCTURES: tuple[Structure, ...] = (BRAIN, CSP, LV)
NAMES: tuple[str, ...] = tuple(s.name for s in STRUCTURES)
VALUES: dict[str, int] = {s.name: s.value for s in STRUCTURES}
# those that lie in the head
SMALL: tuple[str, ...] = (CSP.name, LV.name)
BY_NAME: dict[str, Structure] = {s.name: s for s in STRUCTURES}


def structure_of(name: str) -> Structure | None:
    """The structure that a person or a program calls `name`, whatever its case; None for a stranger.

    Accepts the short name ("csp"), the full one ("Cavum septi pellucidi") and "head", which is how HC18 and
    some tools call the brain.
    """
    wanted = " ".join(name.replace("_", " ").replace("-", " ").split()).lower()
    for structure in STRUCTURES:
        if wanted in (structure.name.lower(), structure.title):
            return structure
    return BRAIN if wanted in ("head", "skull", "fetal head") else None


def in_order(names: Iterable[str]) -> tuple[str, ...]:
    """`names` without repeats, in the order of their mask values. Raises ValueError for a name that is no structure."""
    asked = set(names)
    unknown = sorted(asked - set(NAMES))
    if unknown:
        raise ValueError(f"no structure is called {', '.join(unknown)}; there are {', '.join(NAMES)}")
    return tuple(name for name in NAMES if name in asked)
