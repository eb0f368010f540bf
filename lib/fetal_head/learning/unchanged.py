"""Images that are still what they were: a training takes hours, and its labels are none of a picture that came meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from fetal_head.learning.samples import Labelled


def unchanged(labels: Sequence[Labelled], say: Callable[[str], None] = lambda _: None) -> list[Labelled]:
    """The labels whose image is still the one that they are of; each of the others is told to `say`."""
    there = [label for label in labels if label.is_of_image]
    for label in labels:
        if label not in there:
            say(not_judged_on(label))
    return there


def not_judged_on(label: Labelled, why: str = "") -> str:
    """A sentence on a label that is left out; `why` counts as long as its image is the one that it is of."""
    gone = "" if label.is_of_image else "its image was removed or replaced during the training"
    return f"not judged on {label.id}: {gone or why}"
