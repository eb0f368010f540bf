"""Chance among images that have something to teach: the stronger baseline of nnActive (Lueth et al. 2025)."""

from __future__ import annotations

import numpy as np

from fetal_head.labels import NAMES, SMALL
from fetal_head.selection.pool import Pool
from fetal_head.selection.ranking import Ranking, at_random


def foreground_random(pool: Pool, rng: np.random.Generator) -> Ranking:
    """Any image in which the model sees CSP or LV, or that it has not looked at; then the others."""
    wanted = pool.seen[:, [NAMES.index(name) for name in SMALL]].any(axis=1) | ~pool.scored
    drawn = at_random(len(pool), "It was drawn by lot among the images in which the model sees CSP or LV.", rng)
    chosen = wanted[drawn.order]
    return Ranking(np.concatenate([drawn.order[chosen], drawn.order[~chosen]]), drawn.score, drawn.reason)
