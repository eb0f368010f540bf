"""Mask files of any viewer: PNG, NIfTI, NRRD and Slicer's .seg.nrrd."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray
from PIL import Image

from fetal_head.files import suffix_of
from fetal_head.imaging.limits import check_file, refusing
from fetal_head.imaging.mask import Mask, check_mask, remap
from fetal_head.imaging.raster import opened
from fetal_head.imaging.segmentation import is_segmentation, read_segmentation
from fetal_head.imaging.volume import plane_of, read_volume
from fetal_head.labels import VALUES

MASK_EXTENSIONS = (".nrrd", ".seg.nrrd", ".nii.gz", ".nii", ".png")
# more than half a step of 8 bits that are spread over a handful of values, less than any mask that was resampled is off
PACKED = 0.01


def read_mask(path: str | Path, shape: tuple[int, int] | None = None, segments: list[str] | None = None) -> Mask:
    """Reads a mask, (rows, columns) uint8 in our values, index by index: no resampling, no reorientation.

    Args:
        path: PNG (grey, or a palette, of which the numbers count), NIfTI or NRRD of shape (W, H) or (W, H, 1), or a .seg.nrrd.
        shape: (rows, columns) of its image, checked when given.
        segments: names in the order of a viewer's segment list, when the values follow that order (1, 2, ...) and not ours.
            A .seg.nrrd brings its own names, and they count.

    Raises:
        ValueError: not a readable mask, not the image's size, or values that are no structure.
    """
    path = Path(path)
    with refusing(path):
        check_file(path)
        suffix = suffix_of(path)
        if suffix not in MASK_EXTENSIONS:
            raise ValueError(f"a mask is one of {', '.join(MASK_EXTENSIONS)}")
        if suffix == ".png":
            values = _read_png(path)
        elif suffix.endswith(".nrrd"):
            volume = read_volume(path, "NrrdImageIO")
            if is_segmentation(volume):
                return check_mask(read_segmentation(volume, shape), shape)
            values = plane_of(_scalar(volume))
        else:
            values = _whole(plane_of(_scalar(read_volume(path, "NiftiImageIO"))))
        if segments is not None:
            values = remap(values, dict(enumerate(segments, start=1)))
        return check_mask(values, shape)


def _read_png(path: Path) -> NDArray[np.generic]:
    with opened(path) as image:
        if image.format != "PNG":
            raise ValueError(f"is {image.format} called PNG; save the mask as PNG")
        if image.mode not in ("L", "P", "1", "I;16", "I"):
            raise ValueError(f"is a colour picture ({image.mode}); a mask holds one number a pixel")
        # of one bit there is black and white, as of eight
        values = np.asarray(image.convert("L") if image.mode == "1" else image)
        return _greys(values, image) if image.mode == "P" else values


def _greys(numbers: NDArray[np.generic], image: Image.Image) -> NDArray[np.generic]:
    """The numbers of a palette's colours, unless the colours themselves are our values as greys.

    Programs that make a PNG smaller turn the latter into a palette, in an order of their own.
    """
    colours = np.asarray(image.getpalette("RGB"), dtype=np.uint8).reshape(-1, 3)
    used = np.unique(numbers)
    if used[-1] >= len(colours):
        return numbers
    shown = colours[used]
    is_grey = (shown == shown[:, :1]).all() and np.isin(shown, (0, *VALUES.values())).all()
    return colours[numbers, 0] if is_grey and len(np.unique(shown)) == len(used) else numbers


def _scalar(volume: sitk.Image) -> NDArray[np.generic]:
    if volume.GetNumberOfComponentsPerPixel() != 1:
        raise ValueError("holds colours or layers; a mask holds one number a pixel")
    values: NDArray[np.generic] = sitk.GetArrayFromImage(volume)
    return values


def _whole(values: NDArray[np.generic]) -> NDArray[np.generic]:
    """Values of which a scale has made fractions: nibabel spreads floats over the whole numbers that their header calls for."""
    if values.dtype.kind != "f":
        return values
    whole = np.rint(values)
    return whole if np.abs(values - whole).max(initial=0) <= PACKED else values
