"""What a strategy chooses from, as arrays."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Features = NDArray[np.float32]


@dataclass(frozen=True)
class Pool:
    """N images that may be asked for, in the order of their names, of S structures; and what is labelled or being labelled.

    Attributes:
        size: N.
        read_score: gives `entropy`, `bald` or `seen` by name; called once for each that a strategy looks at.
        features: gives, of the images at K positions, (K, D) of unit length, NaN for one without a feature; D is 0 for a network
            that gives none.
        read_taken_features: gives `taken_features`; called once, and only for a strategy that looks at them.
        taken: how many images are labelled or reserved.
        recent: (N,) bool, frames of a patient that was asked for just now.
        left: (N,) bool, the image that whoever asks has before him and does not want again.
    """

    size: int
    read_score: Callable[[str], Numbers]
    features: Callable[[NDArray[np.intp]], Features]
    read_taken_features: Callable[[], Features]
    taken: int
    recent: NDArray[np.bool_]
    left: NDArray[np.bool_]

    def __len__(self) -> int:
        return self.size

    @cached_property
    def entropy(self) -> Numbers:
        """(N, S), NaN for an image without a score."""
        return self.read_score("entropy")

    @cached_property
    def bald(self) -> Numbers:
        """(N, S), NaN for an image without a score."""
        return self.read_score("bald")

    @cached_property
    def seen(self) -> NDArray[np.bool_]:
        """(N, S), whether the model sees the structure; False for an image without a score."""
        return self.read_score("seen") > 0

    @cached_property
    def taken_features(self) -> Features:
        """(M, D), of the images that are labelled or reserved, as far as known."""
        features = self.read_taken_features()
        known: Features = features[~np.isnan(features).all(axis=1)]  # none where a network gives no numbers
        return known

    @property
    def scored(self) -> NDArray[np.bool_]:
        """(N,) bool, which images have a score."""
        return np.asarray(~np.isnan(self.entropy).any(axis=1))
