"""Where thinned-out copies of the model contradict each other (Houlsby et al. 2011; Gal, Islam & Ghahramani 2017)."""

from __future__ import annotations

import numpy as np

from fetal_head.selection.pool import Pool
from fetal_head.selection.ranking import Ranking, by_score


def bald(pool: Pool, rng: np.random.Generator) -> Ranking:
    """The image with the largest mutual information of answer and network, averaged over the structures."""
    return by_score(pool.bald.mean(axis=1), "Copies of the model contradict each other most in it.", rng)
