"""One image with what is known of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fetal_head.datasets.names import safe_id
from fetal_head.datasets.pixel_size import PER_AXIS
from fetal_head.imaging import Mask, check_mask
from fetal_head.labels import STRUCTURES, in_order
from fetal_head.store.said import SPACING, check_image_info

# what file systems allow is 255 with all that comes before and after it
LONGEST_ID = 200


@dataclass(frozen=True, eq=False)
class Case:
    """One image for a study folder.

    Attributes:
        id: name of the image in the folder, without extension; made safe for a file name.
        image: (rows, columns) grey values within 0..65535; 0..255 is kept in 8 bits, more in 16.
        mask: (rows, columns) 0..3, or None for an image that nobody annotated.
        annotated: the structures that the mask speaks of; one that it does not is unknown, not absent.
        patient: whose image it is; images of one patient must never be split.
        plane: the standard plane, or "unknown".
        spacing: millimetres per pixel along (rows, columns), or None.
        pixel_size: how the spacing is known, one of the notes in `pixel_size`.
        source: where it came from, for a person to find it again.
        dicom: the file that the image was read from, which is kept as it is; None for one that is kept as a picture.

    Raises:
        ValueError: image, mask and annotated structures do not fit each other, or what is said of the image cannot be.
    """

    id: str
    image: NDArray[np.generic]
    mask: Mask | None = None
    annotated: tuple[str, ...] = ()
    patient: str = ""
    plane: str = "unknown"
    spacing: tuple[float, float] | None = None
    pixel_size: str = PER_AXIS
    source: str = ""
    dicom: bytes | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "id", safe_id(self.id))
        if len(self.id) > LONGEST_ID:
            raise ValueError(f"its name has {len(self.id)} characters; at most {LONGEST_ID} fit into the names of its files")
        # what no store takes would keep the whole study from being opened
        spacing = None if self.spacing is None else list(self.spacing)
        check_image_info({"patient": self.patient, "plane": self.plane, "source": self.source, SPACING: spacing})
        if self.image.ndim != 2:
            raise ValueError(f"an image has shape (rows, columns), this one {self.image.shape}")
        if bool(self.annotated) != (self.mask is not None):
            raise ValueError("a mask and the structures annotated in it come together")
        if self.mask is None:
            return
        check_mask(self.mask, (self.image.shape[0], self.image.shape[1]))
        object.__setattr__(self, "annotated", in_order(self.annotated))
        for structure in STRUCTURES:
            if structure.name not in self.annotated and (self.mask == structure.value).any():
                raise ValueError(f"the mask holds {structure.name}, which is not among the annotated structures")

    @property
    def file(self) -> str:
        """The name of its file."""
        return f"{self.id}.png" if self.dicom is None else f"{self.id}.dcm"
