"""Probabilities in the head's own frame -> one mask of the image that anatomy allows."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage

from fetal_head.biometry.ellipse import Ellipse
from fetal_head.imaging import Mask
from fetal_head.imaging.mask import largest_component, pixels_of, without_holes
from fetal_head.labels import BRAIN, CSP, LV, NAMES
from fetal_head.model.frame import Frame, Window, put_back, window_of


def regions_of(probabilities: NDArray[np.float32], threshold: float, smallest_share: float) -> NDArray[np.bool_]:
    """(3, H, W) probabilities of the whole head, CSP and LV -> their regions: one head, at most one CSP and one LV, both inside.

    A pixel belongs to a structure above the threshold; one that CSP and LV both claim is the CSP's. A CSP or LV that takes up
    less than `smallest_share` of the head is none.
    """
    head, csp, lv = probabilities > threshold
    inside = without_holes(largest_component(head))
    smallest = smallest_share * np.count_nonzero(inside)

    def structure(region: NDArray[np.bool_]) -> NDArray[np.bool_]:
        largest = largest_component(region)
        return largest & (np.count_nonzero(largest) >= smallest)

    csp_region = structure(inside & csp)
    # the LV output likes every dark box, a CSP too, often more than the LV itself: what is the CSP's comes off first
    return np.stack([inside, csp_region, structure(inside & lv & ~csp_region)])


def to_mask(
    probabilities: NDArray[np.float32],
    regions: NDArray[np.bool_],
    frame: Frame,
    shape: tuple[int, int],
    threshold: float,
    ellipse: Ellipse | None = None,
) -> Mask:
    """The mask of one image, its outlines where the probabilities, brought back to the image's pixels, cross the threshold.

    Args:
        probabilities: (3, H, W) in the frame.
        regions: of them, as `regions_of` tells them.
        frame: where the head lies in the image.
        shape: (rows, columns) of the image.
        threshold: that the regions were found with.
        ellipse: the head, in pixels of the image, when it is to be drawn as one instead of pixel by pixel.

    Returns:
        (rows, columns) uint8: 0 background, 1 BRAIN, 2 CSP, 3 LV; each structure in one piece.
    """
    mask = np.zeros(shape, dtype=np.uint8)
    if ellipse:
        mask[ellipse.region(shape)] = BRAIN.value
    else:
        window, head = _outline(probabilities[0], regions[0], frame, shape, threshold)
        mask[window][without_holes(head)] = BRAIN.value
    for index, value in ((1, CSP.value), (2, LV.value)):
        window, region = _outline(probabilities[index], regions[index], frame, shape, threshold)
        mask[window][largest_component(region & (mask[window] == BRAIN.value))] = value
    return mask


def _outline(
    probability: NDArray[np.float32], region: NDArray[np.bool_], frame: Frame, shape: tuple[int, int], threshold: float
) -> tuple[Window, NDArray[np.bool_]]:
    """A region of the frame in the image: a window, and which of its pixels are the region's."""
    window = window_of(region, frame, shape)
    if window is None:
        return (slice(0, 0), slice(0, 0)), np.zeros((0, 0), dtype=np.bool_)
    # with its rim, between which and the region the threshold is crossed, but without what lies elsewhere
    alone = np.where(ndimage.binary_dilation(region, np.ones((3, 3))), probability, 0)
    found = put_back(torch.from_numpy(alone)[None], frame, shape, window)[0].numpy() > threshold
    return window, largest_component(found)


def confidence(probabilities: NDArray[np.float32], regions: NDArray[np.bool_], mask: Mask) -> dict[str, float | None]:
    """Mean probability over each structure's own pixels in the frame (the whole head for BRAIN); None where the mask has none."""
    return {
        name: float(probability[region].mean()) if region.any() and pixels_of(mask, name).any() else None
        for name, probability, region in zip(NAMES, probabilities, regions, strict=True)
    }
