"""Images that are still what they were: a training takes hours, and its labels are none of a picture that came meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from fetal_head.learning.samples import Labelled

State = tuple[int, int] | None


def states_of(labels: Iterable[Labelled]) -> dict[str, State]:
    """By which the image file of each label is known again, by id: size and time; None for one that is not there."""
    return {label.id: _state(label.image) for label in labels}


def unchanged(
    labels: Sequence[Labelled], before: Mapping[str, State], say: Callable[[str], None] = lambda _: None
) -> list[Labelled]:
    """The labels whose image is as it was `before`; each of the others is told to `say`."""
    there = [label for label in labels if before[label.id] == _state(label.image) is not None]
    for label in labels:
        if label not in there:
            say(f"not judged on {label.id}: its image was removed or replaced during the training")
    return there


def _state(path: Path) -> State:
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_size, status.st_mtime_ns
