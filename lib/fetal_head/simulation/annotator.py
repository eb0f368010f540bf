"""One campaign's state: who is labelled so far, and the choice of the next ones by a model's scores."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from fetal_head.batched import batched
from fetal_head.evaluation.pairs import Pair
from fetal_head.imaging import read_image
from fetal_head.model.scoring import Picture, Score, Scorer
from fetal_head.selection.ranking import Ranking
from fetal_head.simulation.stock import SimulatedPool

Choose = Callable[[SimulatedPool, np.random.Generator], Ranking]
BATCH = 16


class ScoredPool:
    """The images of a pool as one model scores them. Frames are kept for the next model that cuts images alike."""

    def __init__(self, pairs: Sequence[Pair]) -> None:
        self._pairs = pairs
        self._frames: tuple[str, list[Picture]] = ("", [])
        self._first: dict[int, list[Score]] = {}

    def first_scores(self, seed: int, scorer: Callable[[], Scorer]) -> list[Score]:
        """Those of the model that a seed begins with, which all strategies share."""
        if seed not in self._first:
            self._first = {seed: self.scores(scorer())}
        return self._first[seed]

    def scores(self, scorer: Scorer) -> list[Score]:
        """A score for each image, in their order."""
        if self._frames[0] != scorer.frames_digest:
            cut: list[Picture] = []
            for pairs in batched(self._pairs, BATCH):
                cut += scorer.frames([read_image(pair.image)[0] for pair in pairs])
            self._frames = scorer.frames_digest, cut
        return [score for frames in batched(self._frames[1], BATCH) for score in scorer.scores(frames)]


def choose_next(
    choose: Choose, pairs: Sequence[Pair], scores: Sequence[Score], labelled: Sequence[str], count: int, seed: int
) -> list[str]:
    """The ids labelled so far and those of `count` more, asked for one at a time as a server does between two trainings."""
    place = {pair.id: number for number, pair in enumerate(pairs)}
    taken = [place[image] for image in labelled]
    for _ in range(min(count, len(pairs) - len(taken))):
        left = [number for number in range(len(pairs)) if number not in set(taken)]
        pool = _pool(pairs, scores, left, taken)
        ranking = choose(pool, np.random.default_rng((seed, len(taken))))
        taken.append(left[int(ranking.order[0])])
    return [pairs[number].id for number in taken]


def _pool(pairs: Sequence[Pair], scores: Sequence[Score], left: Sequence[int], taken: Sequence[int]) -> SimulatedPool:
    last = pairs[taken[-1]].patient if taken else None
    features = np.array([score.feature for score in scores], dtype=np.float32)
    return SimulatedPool(
        size=len(left),
        read_score=lambda name: np.array([getattr(scores[i], name) for i in left]),
        features=lambda positions: features[np.array(left)[positions]],
        read_taken_features=lambda: features[taken],
        taken=len(taken),
        recent=np.array([pairs[i].patient == last for i in left]),
        left=np.zeros(len(left), dtype=bool),
        epistemic=np.array([scores[i].epistemic for i in left]),
    )
