"""The images of a study folder as DICOM has them, read from their files."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fetal_head.dicomweb.instance import Described
from fetal_head.imaging import Geometry, read_geometry, read_image
from fetal_head.imaging.loss import Loss, loss_of
from fetal_head.imaging.whole_numbers import eight_bits
from fetal_head.pseudonym import nameless
from fetal_head.stamp import Stamp, ctime_of, stamp_of
from fetal_head.store.dicom.instances import Known


class UnreadableError(ValueError):
    """An image of which there is nothing to show; the sentence names nobody."""


def described(image: Known) -> Described:
    """What is told of an image, from the head of its file. Raises UnreadableError."""
    try:
        geometry, loss = _told(image.file, image.stamp, ctime_of(image.file))
    except (ValueError, OSError) as error:
        raise _unreadable(image, error) from error
    return Described(image.uids, image.patient, image.name, geometry.shape, image.spacing or geometry.spacing, loss)


def pixels_of(image: Known) -> NDArray[np.uint8]:
    """Its grey values, (rows, columns). Raises UnreadableError."""
    try:
        pixels, _ = read_image(image.file)
        _check(image.file, image.stamp)
    except (ValueError, OSError) as error:
        raise _unreadable(image, error) from error
    return eight_bits(pixels)


@lru_cache(maxsize=10_000)
def _told(file: Path, stamp: Stamp, _: int | None) -> tuple[Geometry, Loss | None]:
    """Of files that took each other's names, only the time of that tells which one it is."""
    told = read_geometry(file), loss_of(file)
    _check(file, stamp)
    return told


def _check(file: Path, stamp: Stamp) -> None:
    """A replaced file is another instance, which the study does not know yet."""
    if stamp_of(file) != stamp:
        raise ValueError("its file was replaced just now: look for it again")


def _unreadable(image: Known, error: Exception) -> UnreadableError:
    said = getattr(error, "strerror", None) or str(error)
    return UnreadableError(f"the image cannot be read: {nameless(said, [image.file.name, image.image])}")
