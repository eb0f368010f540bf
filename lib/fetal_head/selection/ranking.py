"""The images of a pool in the order in which a strategy wants them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from fetal_head.selection.pool import Numbers

# to put many thousand images in order takes longer than an annotator's question may; nobody gets beyond the first ones
FRONT = 4096


@dataclass(frozen=True)
class Ranking:
    """Every image of a pool of N.

    Attributes:
        order: (N,) positions in the pool, the one that is wanted most first; beyond FRONT in any order.
        score: (N,) by position in the pool, by which they were ordered; NaN for an image that is there by chance.
        reason: why the first one is wanted, one sentence for the annotator.
        structure: the one whose turn it is, None for none.
        chance: the sentence for an image that has no score where others have one.
    """

    order: NDArray[np.intp]
    score: Numbers
    reason: str
    structure: str | None = None
    chance: str = ""

    def why(self, position: int) -> str:
        """The sentence for an image of the pool."""
        return self.chance if self.chance and np.isnan(self.score[position]) else self.reason


def put_last(ranking: Ranking, those: NDArray[np.bool_]) -> Ranking:
    """The same with `those`, (N,) bool by position in the pool, at the end."""
    late = those[ranking.order]
    return replace(ranking, order=np.concatenate([ranking.order[~late], ranking.order[late]])) if late.any() else ranking


def by_score(score: Numbers, reason: str, rng: np.random.Generator) -> Ranking:
    """The highest of (N,) scores first. Images without one, NaN, stand among the others at random, each with a fair chance."""
    is_known = ~np.isnan(score)
    if is_known.all():
        order = _descending(score)
    else:
        known, unknown = np.flatnonzero(is_known), rng.permutation(np.flatnonzero(~is_known))
        order = np.empty(len(score), dtype=np.intp)
        by_chance = np.zeros(len(score), dtype=bool)
        by_chance[rng.choice(len(score), len(unknown), replace=False)] = True
        order[by_chance] = unknown
        order[~by_chance] = known[_descending(score[known])]
    return Ranking(order, score, reason, chance="The model has not looked at it yet, so it was given its chance.")


def _descending(score: Numbers) -> NDArray[np.intp]:
    if len(score) <= FRONT:
        return np.argsort(-score, kind="stable")
    places = np.argpartition(-score, FRONT)
    front = np.sort(places[:FRONT])
    places[:FRONT] = front[np.argsort(-score[front], kind="stable")]
    return places


def at_random(size: int, reason: str, rng: np.random.Generator) -> Ranking:
    """Every image of a pool by chance."""
    return Ranking(rng.permutation(size), np.full(size, np.nan), reason)
