"""Samples of labels, divided by patient into those that are learned from and those that are held back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from fetal_head.learning.samples import Find, Labelled, LeftOut, Sample, read_samples
from fetal_head.learning.split import split
from fetal_head.model.network import Architecture


class Divided(NamedTuple):
    """What is learned from, what of other patients is held back, and the labels that cannot be read."""

    training: list[Sample]
    validation: list[Sample]
    left_out: list[LeftOut]


def read_divided(
    labels: Sequence[Labelled],
    architecture: Architecture,
    find: Find | None,
    folds: int,
    say: Callable[[str], None] = lambda _: None,
) -> Divided:
    """Reads labels as `read_samples` does, and divides them as `split` does.

    Raises:
        ValueError: none can be read, or none of a patient that is learned from.
    """
    samples, left_out = read_samples(labels, architecture, find, say)
    if not samples:
        raise ValueError(f"none of the {len(labels)} submitted labels can be read; first: {left_out[0].reason}")
    chosen, held = split([sample.patient for sample in samples], folds)
    return Divided([samples[i] for i in chosen], [samples[i] for i in held], left_out)
