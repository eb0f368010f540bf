"""All strategies by name, the default one first, with what people are told of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from fetal_head.selection.bald import bald
from fetal_head.selection.coreset import coreset
from fetal_head.selection.entropy import entropy
from fetal_head.selection.first import first
from fetal_head.selection.foreground_random import foreground_random
from fetal_head.selection.hybrid import hybrid
from fetal_head.selection.pool import Pool
from fetal_head.selection.random import random
from fetal_head.selection.ranking import Ranking, put_last
from fetal_head.selection.typiclust import typiclust

Choose = Callable[[Pool, np.random.Generator], Ranking]


@dataclass(frozen=True)
class Described:
    """A strategy and one line about it.

    Attributes:
        spreads: it asks for no two frames of one patient one after the other where there is another image: they would teach the
            same once more.
    """

    choose: Choose
    description: str
    spreads: bool = True

    def __call__(self, pool: Pool, rng: np.random.Generator) -> Ranking:
        """What it chooses; the image that is left comes last, so that the next one is another."""
        ranking = self.choose(pool, rng)
        if self.spreads:
            ranking = put_last(ranking, pool.recent)
        return put_last(ranking, pool.left)


# viewers offer the first one first
STRATEGIES = {
    "hybrid": Described(hybrid, "Recommended: typical ones of the images that the model is unsure of, structure by structure"),
    "entropy": Described(entropy, "The image that the model is least sure of"),
    "bald": Described(bald, "The image in which copies of the model contradict each other most"),
    "coreset": Described(coreset, "The image least like any labelled one"),
    "typiclust": Described(typiclust, "The most typical image of those unlike any labelled one; good for the first labels"),
    "foreground_random": Described(foreground_random, "Any image in which the model sees CSP or LV"),
    "random": Described(random, "Any image"),
    "first": Described(first, "The first image by name", spreads=False),
}
