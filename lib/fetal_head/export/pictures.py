"""Images and masks as PNG and NIfTI, in `images/` and `masks/` under the same name."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from fetal_head.export.label import Label
from fetal_head.files import replacing
from fetal_head.imaging import Frame, Geometry, read_image, write_mask
from fetal_head.imaging.volume import write_volume
from fetal_head.imaging.whole_numbers import whole_numbers

IMAGES, MASKS = "images", "masks"


def write_png(label: Label, to: Path) -> None:
    """A grey picture of 8 bits, or of 16 where the image has more, and its mask in our values. Raises ValueError."""
    geometry = write_picture(label, to)
    with replacing(to / MASKS / f"{label.image}.png") as file:
        write_mask(file, label.mask, geometry)


def write_picture(label: Label, to: Path) -> Geometry:
    """The picture alone; returns its geometry. Raises ValueError when the image cannot be read, or was replaced."""
    grey, geometry = _image_of(label)
    with replacing(to / IMAGES / f"{label.image}.png") as file:
        Image.fromarray(whole_numbers(grey)).save(file, format="PNG")
    return geometry


def write_nifti(label: Label, to: Path) -> None:
    """Image and mask of shape (W, H, 1), in mm where the pixel size is known, else 1 x 1. Raises ValueError."""
    grey, geometry = _image_of(label)
    row, column = label.spacing or (1.0, 1.0)
    frame = Frame(spacing=(column, row, 1.0))
    with replacing(to / IMAGES / f"{label.image}.nii.gz") as file:
        write_volume(file, grey, frame)
    with replacing(to / MASKS / f"{label.image}.nii.gz") as file:
        write_mask(file, label.mask, replace(geometry, frame=frame))


def _image_of(label: Label) -> tuple[NDArray[np.float32], Geometry]:
    read = read_image(label.file)
    label.check_image()
    return read
