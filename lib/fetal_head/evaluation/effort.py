"""How much of a predicted mask a person had to change: whether the model saves work."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import binary_erosion

from fetal_head.imaging import Mask
from fetal_head.imaging.mask import Region, region_of
from fetal_head.overlap import dice


@dataclass(frozen=True)
class Effort:
    """One structure of a label and of the prediction that it was corrected from.

    Attributes:
        dice: see `overlap.dice`; None where it is in neither.
        apl: added path length in pixels: see `added_path_length`.
        changed: pixels that are in one of the two alone.
    """

    dice: float | None
    apl: int
    changed: int


def effort(predicted: Mask, final: Mask, names: Sequence[str]) -> dict[str, Effort]:
    """By structure, what was changed of a predicted (rows, columns) mask. BRAIN is the whole head.

    Raises:
        ValueError: the masks differ in size.
    """
    if predicted.shape != final.shape:
        raise ValueError(f"the prediction has shape {predicted.shape}, the label {final.shape}")
    return {name: _of_regions(region_of(predicted, name), region_of(final, name)) for name in names}


def added_path_length(predicted: Region, final: Region) -> int:
    """Pixels of the final contour that do not lie on the predicted one, both of (rows, columns) regions.

    That is how much contour had to be drawn, with a tolerance of 0 (Vaassen et al. 2020); it tells the time that a correction
    takes better than Dice does. A contour is a region's own outermost pixels: 4-neighbourhood, and beyond the image's border is
    outside. Contour that was only deleted does not count, so a falsely predicted structure that is erased has 0 here and shows
    in the changed pixels.
    """
    return int(np.count_nonzero(_contour(final) & ~_contour(predicted)))


def _of_regions(predicted: Region, final: Region) -> Effort:
    return Effort(dice(predicted, final), added_path_length(predicted, final), int(np.count_nonzero(predicted ^ final)))


def _contour(region: Region) -> Region:
    return np.asarray(region & ~binary_erosion(region))
