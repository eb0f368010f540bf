"""A picture for people: the image with the outlines of its structures."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from skimage.segmentation import find_boundaries

from fetal_head.imaging.mask import Mask, region_of
from fetal_head.labels import STRUCTURES


def overlay(image: NDArray[np.float32], mask: Mask) -> Image.Image:
    """RGB picture of a grey image, (rows, columns) in any range, with the outline of each structure in its colour."""
    low, high = float(image.min()), float(image.max())
    grey = ((image - low) * (255 / max(high - low, 1e-6))).astype(np.uint8)
    picture = np.stack([grey] * 3, axis=-1)
    for structure in STRUCTURES:
        region = region_of(mask, structure.name)
        picture[find_boundaries(region, mode="inner")] = structure.colour
    return Image.fromarray(picture)
