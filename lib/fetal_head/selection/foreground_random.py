"""Chance among images that have something to teach: the stronger baseline of nnActive (Lueth et al. 2025)."""

from __future__ import annotations

import numpy as np

from fetal_head.labels import NAMES, SMALL
from fetal_head.selection.pool import Pool
from fetal_head.selection.ranking import Ranking, at_random


def foreground_random(pool: Pool, rng: np.random.Generator) -> Ranking:
    """Any image in which the model sees CSP or LV, or that it has not looked at; then the others."""
    sees = pool.seen[:, [NAMES.index(name) for name in SMALL]].any(axis=1)
    wanted = sees | ~pool.scored
    drawn = at_random(len(pool), _reason(bool(sees.any()), bool(wanted.any())), rng)
    chosen = wanted[drawn.order]
    return Ranking(np.concatenate([drawn.order[chosen], drawn.order[~chosen]]), drawn.score, drawn.reason)


def _reason(any_seen: bool, any_wanted: bool) -> str:
    if any_seen:
        return "It was drawn by lot among the images in which the model sees CSP or LV or that it has not looked at yet."
    if any_wanted:
        return "It was drawn by lot: the model has not looked at it yet."
    return "It was drawn by lot: the model sees neither CSP nor LV in any image."
