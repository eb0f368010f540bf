"""MONAI Label's active-learning strategies over ours: which image comes next."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from monailabel.interfaces.tasks.strategy import Strategy

from fetal_head.selection.ranking import Ranking
from fetal_head.selection.strategies import STRATEGIES, Described
from fetal_head.store.people import left_by, who_is
from fetal_head.store.study import StudyDatastore
from fetal_head.store.worklist.pools import Pools
from fetal_head.store.worklist.reservations import limit_leases, reserve

# so many candidates in one question to the database
CANDIDATES = 16


def suggestions(pools: Pools) -> dict[str, Strategy]:
    """All strategies over one study, the default one first."""
    return {name: Suggest(strategy, pools) for name, strategy in STRATEGIES.items()}


class Suggest(Strategy):  # type: ignore[misc]
    """Gives whoever asks the image that a strategy wants most and nobody else holds."""

    def __init__(self, strategy: Described, pools: Pools) -> None:
        super().__init__(strategy.description)
        self._choose = strategy
        self._pools = pools

    def __call__(self, request: dict[str, Any], datastore: StudyDatastore) -> dict[str, Any]:
        """{} when nothing is left; else the image, reserved for the asker, and why it is this one.

        `id`; `score`, by which it was chosen, `structure`, whose turn it was, and `model_version`, all None where they played no
        part; `rank` among the `of` images that could be given; `why`, a sentence.
        """
        who = who_is(request)
        images, pool = self._pools.pool(who, left_by(request), request.get("unread", ""))
        if not len(images):
            limit_leases(datastore.store)
            return {}
        ranking = self._choose(pool, np.random.default_rng())
        for start in range(0, len(images), CANDIDATES):
            positions = ranking.order[start : start + CANDIDATES]
            wanted = dict(zip(self._pools.names(images[positions]), positions.tolist(), strict=True))
            chosen = reserve(datastore.store, who, list(wanted))
            if chosen is not None:
                return self._told(ranking, chosen, wanted[chosen])
        return {}

    def _told(self, ranking: Ranking, image: str, position: int) -> dict[str, Any]:
        score = float(ranking.score[position])
        by_chance = math.isnan(score)
        return {
            "id": image,
            "score": None if by_chance else round(score, 6),
            "structure": None if by_chance else ranking.structure,
            "model_version": None if by_chance else self._pools.model_of(image),
            "rank": int(np.flatnonzero(ranking.order == position)[0]) + 1,
            "of": len(ranking.order),
            "why": ranking.why(position),
        }
