"""A mask -> the file that a viewer reads."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from fetal_head.files import suffix_of
from fetal_head.imaging.geometry import Geometry
from fetal_head.imaging.mask import Mask
from fetal_head.imaging.volume import write_volume

WRITTEN = (".nrrd", ".nii.gz", ".nii", ".png")


def write_mask(path: str | Path, mask: Mask, geometry: Geometry) -> None:
    """Writes a (rows, columns) mask so that it lies on its image pixel for pixel in any ITK viewer.

    NRRD and NIfTI get shape (W, H, 1) and the image's own frame; for a plain picture that is, in NIfTI's axes,
    diag(-1, -1, 1). PNG is an 8-bit grey picture whose values are the labels. A file that must be whole or not there is
    written through `files.replacing`.

    Raises:
        ValueError: an extension other than .nrrd, .nii.gz, .nii and .png, or a mask of another size than its image.
        OSError: the disk does not take it.
    """
    path = Path(path)
    suffix = suffix_of(path)
    if suffix not in WRITTEN:
        raise ValueError(f"a mask can be written as {', '.join(WRITTEN)}, not as '{suffix}'")
    if mask.shape != geometry.shape:
        raise ValueError(f"the mask has {mask.shape} rows and columns, its image {geometry.shape}")
    if suffix == ".png":
        Image.fromarray(np.ascontiguousarray(mask, dtype=np.uint8)).save(path, format="PNG")
    else:
        write_volume(path, mask.astype(np.uint8), geometry.frame)
