"""Where the model is least sure."""

from __future__ import annotations

import numpy as np

from fetal_head.selection.pool import Pool
from fetal_head.selection.ranking import Ranking, by_score


def entropy(pool: Pool, rng: np.random.Generator) -> Ranking:
    """The image with the largest predictive entropy, averaged over the structures."""
    return by_score(pool.entropy.mean(axis=1), "The model is least sure of it.", rng)
