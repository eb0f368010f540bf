"""Typical images among the doubtful ones, each structure in its turn.

What a model doubts most are outliers, which teach it little; what is merely typical it may know already. So the half of the pool
in which it is surer of the structure whose turn it is comes last, and of the others the most typical image of what has no label
yet is asked for (TypiClust). That each structure gets its share of what is asked for is taken from ClaSP PE (Lueth et al. 2026,
arXiv 2601.13677); the rest is ours, and docs/experiments.md compares it. One image is asked for at a time, so the count of labels
tells whose turn it is.

The head has no turn. A few labels teach it, and the model is least sure of its outline where the image's border cuts it: there it
stays unannotated, and the label teaches nothing about heads.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from fetal_head.labels import NAMES, SMALL
from fetal_head.selection.pool import Pool
from fetal_head.selection.ranking import Ranking, put_last
from fetal_head.selection.typiclust import typiclust

# one after the other; None: both together
TURNS = (*SMALL, None)


def hybrid(pool: Pool, rng: np.random.Generator) -> Ranking:
    """The default strategy: a typical image of those in which the model is less sure of the structure whose turn it is."""
    structure = turn(pool.taken)
    typical = typiclust(pool, rng)
    if np.isnan(typical.score).all():  # drawn by lot
        return typical
    doubt = f"the outline of {structure}" if structure else " and ".join(SMALL)
    ranking = put_last(typical, _surer_half(pool, structure))
    return replace(ranking, structure=structure, reason=f"The model is unsure of {doubt} in it and in many like it.")


def turn(taken: int) -> str | None:
    """The structure whose turn it is when so many images are taken; None every third time, when CSP and LV count together."""
    return TURNS[taken % len(TURNS)]


def _surer_half(pool: Pool, structure: str | None) -> NDArray[np.bool_]:
    """(N,) bool. An image without a score is not among them: it may be anything."""
    doubt = pool.entropy[:, [NAMES.index(name) for name in ([structure] if structure else SMALL)]].mean(axis=1)
    return np.asarray(doubt < np.nanmedian(doubt))
