"""What the classes of annotation files mean, and which structures were looked for by those who drew them."""

from __future__ import annotations

from collections.abc import Iterable

from fetal_head.imaging import Mask
from fetal_head.labels import BRAIN, STRUCTURES, structure_of

# what is known to lie outside of the head
OUTSIDE = ("background", "outside", "placenta", "uterus", "amniotic fluid", "abdomen", "femur")


def lies_outside(name: str) -> bool:
    """Whether a class is none of the head."""
    return " ".join(name.replace("_", " ").split()).lower() in OUTSIDE


def is_stranger(name: str) -> bool:
    """Whether nothing is known of a class: it is no structure, and may lie in the head or outside of it."""
    return structure_of(name) is None and not lies_outside(name)


def looked_for(classes: Iterable[str], mask: Mask) -> tuple[str, ...]:
    """The structures of which the mask of a file speaks that declares `classes`; one that it has no class for is unknown.

    A declared CSP or LV without a pixel is not there. A head always is, so one without a pixel is unknown, too.
    """
    declared = {structure_of(name) for name in classes}
    return tuple(s.name for s in STRUCTURES if s in declared and (s is not BRAIN or (mask == s.value).any()))
