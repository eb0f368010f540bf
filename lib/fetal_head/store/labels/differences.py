"""How two masks of one image differ."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fetal_head.imaging import Mask
from fetal_head.imaging.mask import region_of
from fetal_head.labels import NAMES
from fetal_head.overlap import dice


@dataclass(frozen=True)
class Difference:
    """How a structure differs in two masks.

    Attributes:
        dice: see `overlap.dice`; None where it is in neither.
        added: pixels that only the second mask has.
        removed: pixels that only the first one has.
    """

    dice: float | None
    added: int
    removed: int


def differences(first: Mask, second: Mask) -> dict[str, Difference]:
    """By structure, how the second of two (rows, columns) masks differs from the first. BRAIN is the whole head."""
    return {name: _difference(region_of(first, name), region_of(second, name)) for name in NAMES}


def _difference(first: NDArray[np.bool_], second: NDArray[np.bool_]) -> Difference:
    return Difference(dice(first, second), int(np.count_nonzero(second & ~first)), int(np.count_nonzero(first & ~second)))
