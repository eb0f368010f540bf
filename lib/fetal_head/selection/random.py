"""No choice at all, which every strategy has to beat."""

from __future__ import annotations

import numpy as np

from fetal_head.selection.pool import Pool
from fetal_head.selection.ranking import Ranking, at_random


def random(pool: Pool, rng: np.random.Generator) -> Ranking:
    """Any image."""
    return at_random(len(pool), "It was drawn by lot.", rng)
