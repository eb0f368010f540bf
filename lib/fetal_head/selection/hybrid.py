"""Typical images among the doubtful ones, each structure in its turn.

What a model doubts most are outliers, which teach it little; what is merely typical it may know already. So the half of the pool
in which it is surer of the structure whose turn it is comes last, and of the others the most typical image of what has no label
yet is asked for (TypiClust). That each structure gets its share of what is asked for is taken from ClaSP PE (Lueth et al. 2026,
arXiv 2601.13677); the rest is ours, and docs/experiments.md compares it. One image is asked for at a time, so the count of labels
tells whose turn it is. What a model says of a structure that it was never taught is no doubt but chance, so until it knows the
structure nothing comes last.

The head has no turn. A few labels teach it, and the model is least sure of its outline where the image's border cuts it: there it
stays unannotated, and the label teaches nothing about heads.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from fetal_head.labels import NAMES, SMALL
from fetal_head.selection.pool import Numbers, Pool
from fetal_head.selection.ranking import Ranking, put_last
from fetal_head.selection.typiclust import typiclust

# one after the other; None: both together
TURNS = (*SMALL, None)
# nats; ln 2 = 0.69 is even odds in every pixel. A model that was never taught a structure is near that, one that was is below 0.3
KNOWS_NOTHING = 0.5


def hybrid(pool: Pool, rng: np.random.Generator) -> Ranking:
    """The default strategy: a typical image of those in which the model is less sure of the structure whose turn it is."""
    structure = turn(pool.taken)
    typical = typiclust(pool, rng)
    doubt = _doubt(pool, structure)
    if np.isnan(typical.score).all() or np.nanmean(doubt) > KNOWS_NOTHING:  # drawn by lot, or doubt tells nothing
        return typical
    # an image without a score is not among the surer ones: it may be anything
    ranking = put_last(typical, doubt < np.nanmedian(doubt))
    what = f"the outline of {structure}" if structure else " and ".join(SMALL)
    return replace(ranking, structure=structure, reason=f"The model is unsure of {what} in it and in many like it.")


def turn(taken: int) -> str | None:
    """The structure whose turn it is when so many images are taken; None every third time, when CSP and LV count together."""
    return TURNS[taken % len(TURNS)]


def _doubt(pool: Pool, structure: str | None) -> Numbers:
    """(N,) entropy of the structure, or the mean of CSP and LV; NaN for an image without a score."""
    names = [structure] if structure else SMALL
    return np.asarray(pool.entropy[:, [NAMES.index(name) for name in names]].mean(axis=1))
