"""What can be evaluated: the Predictor of this package, or anything else that answers as it does."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from fetal_head.imaging import Mask

Planes = NDArray[np.bool_]


class PredictedMask(Protocol):
    """The mask of one image at its original size, and the version that said so."""

    @property
    def mask(self) -> Mask:
        """(rows, columns) uint8."""

    @property
    def version(self) -> str:
        """Name of the model version."""

    def at_network_size(self, truth: Mask) -> tuple[Planes, Planes]:
        """What the network itself says and the true mask as it would have to say it: each (3, H, W) of the head, CSP and LV."""


class MaskPredictor(Protocol):
    """A model that can be asked for masks."""

    def predict(self, image: NDArray[np.float32]) -> PredictedMask:
        """The mask of one grey image, (rows, columns) in any range."""
