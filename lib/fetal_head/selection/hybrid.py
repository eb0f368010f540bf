"""Doubtful images, each structure in its turn and with less and less chance in it; typical ones while doubt tells nothing yet.

After ClaSP PE (Lueth et al. 2026, arXiv 2601.13677): a part of what is asked for is spread evenly over the structures by
class-weighted predictive entropy, the rest follows the entropy of all; noise keeps early choices from being all alike and fades
as its beta grows. There the noise is added to the logarithm of the entropy, log(s) + Gumbel(0, 1 / beta). Entropies of whole
images differ by a few tenths of their logarithm, which such noise drowns for a hundred labels; so it is added to the logarithm of
the rank here (Kirsch et al. 2023, arXiv 2106.12059, "softrank"), whose strength does not depend on how the entropies spread. One
image is asked for at a time, so the count of labels tells whose turn it is. The shares and the schedule are ours.

The head has no turn. A few labels teach it, and the model is least sure of its outline where the image's border cuts it: there it
stays unannotated, and the label teaches nothing about heads.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fetal_head.labels import NAMES, SMALL
from fetal_head.selection.pool import Numbers, Pool
from fetal_head.selection.ranking import Ranking, by_score
from fetal_head.selection.typiclust import typiclust

# one after the other; None: both together
TURNS = (*SMALL, None)
FIRST_BETA, LAST_BETA = 1.0, 100.0
# nats; ln 2 = 0.69 is even odds in every pixel. A model that was never taught a structure is near that, one that was is below 0.3
KNOWS_NOTHING = 0.5


@dataclass(frozen=True)
class Hybrid:
    """The default strategy.

    Attributes:
        cold_start: as long as fewer images are labelled, typical ones are asked for if the model does not know all structures.
        campaign: so many labels until chance has faded.
    """

    cold_start: int
    campaign: int

    def __call__(self, pool: Pool, rng: np.random.Generator) -> Ranking:
        """The image in which the model is least sure of the structure whose turn it is, or a typical one."""
        if pool.taken < self.cold_start and pool.featured.any() and not _knows_all(pool):
            return typiclust(pool, rng)
        structure = turn(pool.taken)
        doubt = pool.entropy[:, [NAMES.index(name) for name in ([structure] if structure else SMALL)]]
        what = f"the outline of {structure}" if structure else " and ".join(SMALL)
        score = _softrank(doubt.mean(axis=1), self.beta(pool.taken), rng)
        return by_score(pool, score, f"The model is unsure of {what} in it.", rng, structure)

    def beta(self, taken: int) -> float:
        """The inverse strength of chance: it grows by the same factor with every label, up to the end of the campaign."""
        share = min(max(taken - self.cold_start, 0) / self.campaign, 1.0)
        return float(FIRST_BETA * (LAST_BETA / FIRST_BETA) ** share)


def _knows_all(pool: Pool) -> bool:
    return bool(pool.scored.any() and (np.mean(pool.entropy[pool.scored], axis=0) < KNOWS_NOTHING).all())


def _softrank(doubt: Numbers, beta: float, rng: np.random.Generator) -> Numbers:
    """Minus the logarithm of the rank, 1 being the most doubtful, plus Gumbel(0, 1 / beta); NaN where there is no number."""
    rank = np.empty(len(doubt), dtype=np.float32)
    rank[np.argsort(-doubt)] = np.arange(1, len(doubt) + 1)
    rank[np.isnan(doubt)] = np.nan
    return np.asarray(_gumbel(len(doubt), rng) / beta - np.log(rank))


def _gumbel(count: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """Draws of Gumbel(0, 1), as minus the logarithm of exponential ones: a quarter of the time of `rng.gumbel`."""
    waits = rng.standard_exponential(count, dtype=np.float32)
    return np.asarray(-np.log(np.maximum(waits, np.finfo(np.float32).tiny)))


def turn(taken: int) -> str | None:
    """The structure whose turn it is when so many images are taken; None every third time, when CSP and LV count together."""
    return TURNS[taken % len(TURNS)]
