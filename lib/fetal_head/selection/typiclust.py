"""What is most like many others, while there are few labels: TypiClust (Hacohen, Dekel & Weinshall 2022)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import KMeans

from fetal_head.selection.pool import Features, Pool
from fetal_head.selection.ranking import Ranking, at_random, by_score

# the clusters of so many images are those of all, and found within a request
SAMPLE = 600
# as in the paper
NEIGHBOURS = 20
MOST_CLUSTERS = 30


def typiclust(pool: Pool, rng: np.random.Generator) -> Ranking:
    """The most typical image of the largest cluster without a label, there being a cluster more than labels."""
    known = np.flatnonzero(pool.featured)
    if len(known) < 2:
        return at_random(len(pool), "It was drawn by lot: the model has not looked at the images yet.", rng)
    drawn = rng.permutation(known)[:SAMPLE]
    labelled = rng.permutation(pool.taken_features)[:SAMPLE]
    together = np.concatenate([pool.features[drawn], labelled])
    cluster = _clusters(together, min(len(labelled) + 1, MOST_CLUSTERS, len(drawn)), rng)
    own, taken = cluster[: len(drawn)], cluster[len(drawn) :]
    sizes = np.bincount(own, minlength=cluster.max() + 1).astype(np.float64)
    labels = np.bincount(taken, minlength=len(sizes))
    score = np.full(len(pool), np.nan)
    # clusters with fewer labels first, then the larger ones; within a cluster the typical image
    place = np.lexsort((sizes, -labels)).argsort()
    for number in np.unique(own):
        members = np.flatnonzero(own == number)
        score[drawn[members]] = place[number] + _typicality(pool.features[drawn[members]])
    # what was not drawn is no newcomer that deserves a chance by itself: it looks like what was
    score[np.setdiff1d(known, drawn)] = -1.0
    return by_score(pool, score, "It is typical of many images of which none is labelled.", rng)


def _clusters(features: Features, count: int, rng: np.random.Generator) -> NDArray[np.int32]:
    found: NDArray[np.int32] = KMeans(count, n_init=1, max_iter=20, random_state=int(rng.integers(2**31))).fit_predict(features)
    return found


def _typicality(features: Features) -> NDArray[np.float64]:
    """Between 0 and 1: the larger, the nearer the 20 nearest others are."""
    if len(features) == 1:
        return np.zeros(1)
    neighbours = min(NEIGHBOURS, len(features) - 1)
    cosine = features @ features.T
    np.fill_diagonal(cosine, -np.inf)
    nearest = np.partition(cosine, -neighbours, axis=1)[:, -neighbours:]
    distance = np.sqrt(np.clip(2 - 2 * nearest, 0, None)).mean(axis=1)
    return np.asarray(1 / (1 + distance) - 1e-9, dtype=np.float64)
