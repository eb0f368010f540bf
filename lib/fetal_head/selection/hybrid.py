"""Typical images first, then doubtful ones, each structure in its turn and with less and less chance in it.

After ClaSP PE (Lueth et al. 2026, arXiv 2601.13677): a part of what is asked for is spread evenly over the structures by
class-weighted predictive entropy, the rest follows the entropy of all; power noise, log(s) + Gumbel(0, 1 / beta), keeps early
choices from being all alike and fades as beta grows. Here one image is asked for at a time, so the count of labels tells whose
turn it is. The shares and the schedule are ours.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fetal_head.labels import NAMES
from fetal_head.selection.pool import Pool
from fetal_head.selection.ranking import Ranking, by_score
from fetal_head.selection.typiclust import typiclust

# of so many images one is chosen by all structures together, the others by one each
CYCLE = 3
FIRST_BETA, LAST_BETA = 1.0, 100.0


@dataclass(frozen=True)
class Hybrid:
    """The default strategy.

    Attributes:
        cold_start: as long as fewer images are labelled, typical ones are asked for.
        campaign: so many labels until chance has faded.
    """

    cold_start: int
    campaign: int

    def __call__(self, pool: Pool, rng: np.random.Generator) -> Ranking:
        """The most typical image at first; later the one of which the model is least sure in the structure whose turn it is."""
        if pool.taken < self.cold_start and pool.featured.any():
            return typiclust(pool, rng)
        structure = turn(pool.taken)
        doubt = pool.entropy.mean(axis=1) if structure is None else pool.entropy[:, NAMES.index(structure)]
        noise = _gumbel(len(pool), rng) / self.beta(pool.taken)
        what = f"the outline of {structure}" if structure else "all structures together"
        return by_score(pool, np.log(doubt + 1e-6) + noise, f"The model is unsure of {what} in it.", rng, structure)

    def beta(self, taken: int) -> float:
        """The inverse strength of chance: it grows by the same factor with every label, up to the end of the campaign."""
        share = min(max(taken - self.cold_start, 0) / self.campaign, 1.0)
        return float(FIRST_BETA * (LAST_BETA / FIRST_BETA) ** share)


def _gumbel(count: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """Draws of Gumbel(0, 1), as minus the logarithm of exponential ones: a quarter of the time of `rng.gumbel`."""
    waits = rng.standard_exponential(count, dtype=np.float32)
    return np.asarray(-np.log(np.maximum(waits, np.finfo(np.float32).tiny)))


def turn(taken: int) -> str | None:
    """The structure whose turn it is when so many images are taken; None every third time, when all count together."""
    if taken % CYCLE == CYCLE - 1:
        return None
    return NAMES[(taken - taken // CYCLE) % len(NAMES)]
