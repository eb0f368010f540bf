"""What is learned from: images with masks in which some structures are annotated and others unknown."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from fetal_head.biometry.ellipse import fit_ellipse
from fetal_head.biometry.regions import spoken_of
from fetal_head.imaging import Mask, annotated_in, read_image, read_label
from fetal_head.labels import BRAIN, NAMES
from fetal_head.model.frame import Frame, cut
from fetal_head.model.network import Architecture
from fetal_head.model.preprocessing import nested_planes, normalise, place
from fetal_head.patients import patient_of
from fetal_head.stamp import Stamp, stamp_of

# the head's frame is cut with this much around it, so that moving it brings in the image's own surroundings
MARGIN = 64

Find = Callable[[NDArray[np.float32]], Frame | None]


@dataclass(frozen=True)
class Labelled:
    """One image with its mask, on disk.

    Attributes:
        id: how messages call it.
        patient: None takes it from the id.
        annotated: structures that the mask speaks of; None takes it from the mask.
        stamp: of the image file that the mask is of; None where it is of whichever is there.
    """

    id: str
    image: Path
    mask: Path
    patient: str | None = None
    annotated: tuple[str, ...] | None = None
    stamp: Stamp | None = None

    @property
    def patient_id(self) -> str:
        """The patient, told or taken from the name."""
        return self.patient or patient_of(self.id)

    @property
    def is_of_image(self) -> bool:
        """Whether the image file is there, and still the one that the mask is of."""
        now = stamp_of(self.image)
        return now is not None and self.stamp in (None, now)


@dataclass(frozen=True)
class View:
    """An image as a network sees it, with what that network has to say of it.

    Attributes:
        image: (1, H, W) float16, normalised.
        target: (S, H, W) bool.
        known: (S,) float, 1 where the structure is annotated.
    """

    image: torch.Tensor
    target: torch.Tensor
    known: torch.Tensor


@dataclass(frozen=True)
class Sample:
    """One labelled image for both networks, read and resized once.

    Attributes:
        id, patient: as in `Labelled`.
        whole: for the locator, at its size; the target is the whole head.
        framed: for the segmenter, the head's frame with `MARGIN` around; targets are head, CSP and LV. None when nobody knows
            where the head is.
    """

    id: str
    patient: str
    whole: View
    framed: View | None


@dataclass(frozen=True)
class LeftOut:
    """A label that cannot be learned from, and why."""

    id: str
    reason: str


def read_labelled(labelled: Labelled) -> tuple[NDArray[np.float32], Mask, tuple[str, ...]]:
    """The grey image and its mask, both (rows, columns), and the annotated structures that are `spoken_of`.

    Raises:
        ValueError: either is damaged, or they do not fit.
    """
    image, geometry = read_image(labelled.image)
    mask = read_label(labelled.image, labelled.mask, geometry.shape)
    return image, mask, spoken_of(mask, annotated_in(mask) if labelled.annotated is None else labelled.annotated)


def sample_of(labelled: Labelled, architecture: Architecture, find: Find | None = None) -> Sample:
    """Reads one image and its mask. Raises ValueError when either is damaged, or the mask is not of the image that is there."""
    read = read_labelled(labelled)
    # afterwards: it may be replaced while it is read
    if not labelled.is_of_image:
        raise ValueError("its image was removed or replaced since it was labelled")
    return make_sample(labelled.id, labelled.patient_id, *read, architecture, find)


def make_sample(
    name: str,
    patient: str,
    image: NDArray[np.float32],
    mask: Mask,
    annotated: Iterable[str],
    architecture: Architecture,
    find: Find | None = None,
) -> Sample:
    """The sample of a grey image and its mask, both (rows, columns).

    The frame is that of the annotated head, else (a head that the field of view cuts) of the one that `find` sees in the image.
    """
    known = torch.tensor([float(structure in annotated) for structure in NAMES])
    planes = nested_planes(mask)
    pixels, size = normalise(image), architecture.locator_size
    whole = View(place(pixels, size).half(), place(planes[:1], size) > 0.5, known[:1])
    head = fit_ellipse(planes[0].numpy() > 0) if BRAIN.name in annotated else None
    frame = Frame.around(head, architecture.frame_size) if head else find(image) if find else None
    if frame is None:
        return Sample(name, patient, whole, None)
    rows, columns = (side + MARGIN for side in architecture.frame_size)
    framed = View(cut(pixels, frame, (rows, columns)).half(), cut(planes, frame, (rows, columns)) > 0.5, known)
    return Sample(name, patient, whole, framed)


def read_samples(
    labels: Iterable[Labelled],
    architecture: Architecture,
    find: Find | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> tuple[list[Sample], list[LeftOut]]:
    """All samples that can be read, and those left out by name; each of the latter is also told to `say` at once.

    Raises OSError where there is no room to read them, which leaves none out.
    """
    samples: list[Sample] = []
    left_out: list[LeftOut] = []
    for labelled in labels:
        try:
            samples.append(sample_of(labelled, architecture, find))
        except ValueError as error:
            left_out.append(LeftOut(labelled.id, str(error)))
            say(f"left out {labelled.id}: {error}")
    return samples, left_out
