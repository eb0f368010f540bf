"""Images that are still what they were: a training takes hours, and its labels are none of a picture that came meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from fetal_head.learning.samples import Labelled
from fetal_head.stamp import Stamp, stamp_of


def stamps_of(labels: Iterable[Labelled]) -> dict[str, Stamp | None]:
    """The stamp of each label's image file by id; None for one that is not there."""
    return {label.id: stamp_of(label.image) for label in labels}


def unchanged(
    labels: Sequence[Labelled], before: Mapping[str, Stamp | None], say: Callable[[str], None] = lambda _: None
) -> list[Labelled]:
    """The labels whose image is as it was `before`; each of the others is told to `say`."""
    there = [label for label in labels if before[label.id] == stamp_of(label.image) is not None]
    for label in labels:
        if label not in there:
            say(f"not judged on {label.id}: its image was removed or replaced during the training")
    return there
