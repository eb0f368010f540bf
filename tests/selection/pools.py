"""Pools of a few made-up images."""

from __future__ import annotations

import numpy as np

from fetal_head.selection.pool import Pool


def pool_of(
    entropy: object, *, features: object = None, taken_features: object = None, taken: int = 100, recent: object = None
) -> Pool:
    """Images of these entropies by structure, (N, 3)."""
    numbers = np.asarray(entropy, dtype=np.float64)
    count = len(numbers)
    of_images = np.eye(count, dtype=np.float32) if features is None else np.asarray(features, dtype=np.float32)
    of_taken = np.zeros((0, of_images.shape[1]), dtype=np.float32)
    if taken_features is not None:
        of_taken = np.asarray(taken_features, dtype=np.float32)
    return Pool(
        size=count,
        read_score={"entropy": numbers, "bald": numbers[:, ::-1] ** 2, "seen": ~np.isnan(numbers)}.__getitem__,
        features=of_images.__getitem__,
        read_taken_features=lambda: of_taken,
        taken=taken,
        recent=np.zeros(count, dtype=bool) if recent is None else np.asarray(recent),
        left=np.zeros(count, dtype=bool),
    )
