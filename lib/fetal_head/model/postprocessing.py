"""Probabilities at the original size -> one mask that anatomy allows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from fetal_head.biometry.ellipse import Ellipse
from fetal_head.imaging import Mask
from fetal_head.imaging.mask import region_of
from fetal_head.labels import BRAIN, CSP, LV, STRUCTURES


def to_mask(probabilities: NDArray[np.float32], threshold: float, ellipse: Ellipse | None = None) -> Mask:
    """The mask of one image: one head, at most one CSP and one LV, both inside the head.

    Args:
        probabilities: (3, rows, columns) of the whole head, CSP and LV, independent of each other.
        threshold: a pixel belongs to a structure above it; one that CSP and LV both claim is the CSP's.
        ellipse: the head, in pixels, when it is to be drawn as one instead of pixel by pixel.

    Returns:
        (rows, columns) uint8: 0 background, 1 BRAIN, 2 CSP, 3 LV.
    """
    head, csp, lv = probabilities
    inside = ellipse.region(head.shape) if ellipse else ndimage.binary_fill_holes(largest_component(head > threshold))
    mask = np.where(inside, BRAIN.value, 0).astype(np.uint8)
    csp_region = largest_component(inside & (csp > threshold))
    mask[csp_region] = CSP.value
    # the LV output likes every dark box, a CSP too, often more than the LV itself: what is the CSP's comes off first
    mask[largest_component(inside & (lv > threshold) & ~csp_region)] = LV.value
    return mask


def largest_component(region: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The largest 4-connected part of a region; the region itself when it is empty."""
    numbered, count = ndimage.label(region)
    if count <= 1:
        return region
    sizes = np.bincount(numbered.ravel())
    sizes[0] = 0
    return np.asarray(numbered == sizes.argmax())


def confidence(probabilities: NDArray[np.float32], mask: Mask) -> dict[str, float | None]:
    """Mean probability over each structure's own pixels (the whole head for BRAIN), by name; None where there is none."""
    found: dict[str, float | None] = {}
    for index, structure in enumerate(STRUCTURES):
        region = region_of(mask, structure.name)
        found[structure.name] = float(probabilities[index][region].mean()) if region.any() else None
    return found
