"""What is learned from: images with masks in which some structures are annotated and others unknown."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import torch

from fetal_head.imaging import Mask, annotated_in, read_image, read_mask
from fetal_head.labels import BRAIN, NAMES, VALUES
from fetal_head.model.preprocessing import network_input, place
from fetal_head.patients import patient_of


@dataclass(frozen=True)
class Labelled:
    """One image with its mask, on disk.

    Attributes:
        id: how messages call it.
        patient: None takes it from the id.
        annotated: structures that the mask speaks of; None takes it from the mask.
    """

    id: str
    image: Path
    mask: Path
    patient: str | None = None
    annotated: tuple[str, ...] | None = None

    @property
    def patient_id(self) -> str:
        """The patient, told or taken from the name."""
        return self.patient or patient_of(self.id)


@dataclass(frozen=True)
class Sample:
    """One image as the network sees it.

    Attributes:
        id, patient: as in `Labelled`.
        image: (1, H, W) float16, normalised.
        target: (3, H, W) bool of the whole head, CSP and LV.
        known: (3,) float, 1 where the structure is annotated.
    """

    id: str
    patient: str
    image: torch.Tensor
    target: torch.Tensor
    known: torch.Tensor


@dataclass(frozen=True)
class LeftOut:
    """A label that cannot be learned from, and why."""

    id: str
    reason: str


def sample_of(labelled: Labelled, size: tuple[int, int]) -> Sample:
    """Reads one image and its mask to the network's size. Raises ValueError when either is damaged or they do not fit."""
    image, geometry = read_image(labelled.image)
    mask = read_mask(labelled.mask, shape=geometry.shape)
    annotated = annotated_in(mask) if labelled.annotated is None else labelled.annotated
    known = torch.tensor([float(name in annotated) for name in NAMES])
    return Sample(labelled.id, labelled.patient_id, network_input(image, size).half(), nested_targets(mask, size), known)


def nested_targets(mask: Mask, size: tuple[int, int]) -> torch.Tensor:
    """(3, *size) bool: the head (every pixel that is not background, since CSP and LV lie inside it), CSP and LV."""
    values = torch.from_numpy(mask)
    planes = [values > 0 if name == BRAIN.name else values == VALUES[name] for name in NAMES]
    return place(torch.stack(planes).float(), size) > 0.5


def read_samples(
    labels: Iterable[Labelled], size: tuple[int, int], say: Callable[[str], None] = lambda _: None
) -> tuple[list[Sample], list[LeftOut]]:
    """All samples that can be read, and those left out by name; each of the latter is also told to `say` at once."""
    samples: list[Sample] = []
    left_out: list[LeftOut] = []
    for labelled in labels:
        try:
            samples.append(sample_of(labelled, size))
        except ValueError as error:
            left_out.append(LeftOut(labelled.id, str(error)))
            say(f"left out {labelled.id}: {error}")
    return samples, left_out
