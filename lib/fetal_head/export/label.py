"""A label as exports tell of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from fetal_head.imaging import Mask
from fetal_head.stamp import Stamp, stamp_of


@dataclass(frozen=True)
class Label:
    """The submitted mask of an image, and what is known of it.

    Attributes:
        image: the image's id.
        file: the image.
        stamp: of that file when the mask was known to be of it.
        patient: whose image it is.
        number: of the submission, from 1.
        mask: (rows, columns).
        annotated: the structures that the mask speaks of, in the order of their values.
        spacing: mm per pixel along (rows, columns), None where nobody knows it.
        who: the annotator; empty for one without a name.
        model: the version of the model that the mask began with, None where a person drew all of it.
        at: when it was submitted.
        is_approved: a reviewer has approved of it.
    """

    image: str
    file: Path
    stamp: Stamp | None
    patient: str
    number: int
    mask: Mask
    annotated: tuple[str, ...]
    spacing: tuple[float, float] | None
    who: str
    model: str | None
    at: datetime
    is_approved: bool

    def check_image(self) -> None:
        """For after the image was read. Raises ValueError where that may have been another one than the mask is of."""
        if stamp_of(self.file) != self.stamp:
            raise ValueError(f"{self.file.name} was replaced meanwhile, and its label is of the image before: export again")
