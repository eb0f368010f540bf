"""What is least like anything labelled: k-center greedy (Sener & Savarese 2018)."""

from __future__ import annotations

import numpy as np

from fetal_head.selection.pool import Pool
from fetal_head.selection.ranking import Ranking, at_random, by_score


def coreset(pool: Pool, rng: np.random.Generator) -> Ranking:
    """The image whose nearest labelled one is furthest away in the network's features."""
    if not len(pool.taken_features) or not pool.scored.any():
        return at_random(len(pool), "It was drawn by lot: the model knows no labelled image to be unlike.", rng)
    # of unit length, so the largest cosine is the smallest distance
    features = pool.features(np.arange(len(pool)))
    nearest = np.full(len(pool), -np.inf, dtype=np.float32)
    for start in range(0, len(pool.taken_features), 256):
        np.maximum(nearest, (features @ pool.taken_features[start : start + 256].T).max(axis=1), out=nearest)
    return by_score((1 - nearest).astype(np.float64), "It is least like any labelled image.", rng)
