"""What is most like many others, while there are few labels: TypiClust (Hacohen, Dekel & Weinshall 2022)."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import KMeans
from threadpoolctl import ThreadpoolController

from fetal_head.selection.pool import Features, Pool
from fetal_head.selection.ranking import Ranking, at_random, by_score

# the clusters of so many images are those of all, and found within a request
SAMPLE = 600
# as in the paper
NEIGHBOURS = 20
MOST_CLUSTERS = 30


def typiclust(pool: Pool, rng: np.random.Generator) -> Ranking:
    """The most typical image of the largest cluster without a label, there being a cluster more than labels."""
    scored = np.flatnonzero(pool.scored)
    drawn = rng.permutation(scored)[:SAMPLE]
    features = pool.features(drawn)
    is_known = ~np.isnan(features).all(axis=1)  # nor is one without numbers, of a network that gives none
    drawn, features = drawn[is_known], features[is_known]
    if len(drawn) < 2:
        # the last image of all, and those of a network that gives no numbers, have been looked at
        lack = "nothing tells what it is typical of" if pool.scored.all() else "the model has not looked at the images yet"
        return at_random(len(pool), f"It was drawn by lot: {lack}.", rng)
    labelled = rng.permutation(pool.taken_features)[:SAMPLE]
    # several threads for so little wait for each other where predictions are made beside: ten times the time was seen
    with _pools_of_threads().limit(limits=1):
        score = np.full(len(pool), np.nan)
        # what was not drawn is no newcomer that deserves a chance by itself: it looks like what was
        score[scored] = -1.0
        score[drawn] = _score(features, labelled, rng)
    return by_score(score, "It is typical of many images of which none is labelled.", rng)


@cache
def _pools_of_threads() -> ThreadpoolController:
    return ThreadpoolController()


def _score(features: Features, labelled: Features, rng: np.random.Generator) -> NDArray[np.float64]:
    """(N,) of N images: clusters with fewer labels first, then the larger ones; within a cluster the typical image."""
    count = min(len(labelled) + 1, MOST_CLUSTERS, len(features))
    cluster = _clusters(np.concatenate([features, labelled]), count, rng)
    own, taken = cluster[: len(features)], cluster[len(features) :]
    sizes = np.bincount(own, minlength=cluster.max() + 1).astype(np.float64)
    labels = np.bincount(taken, minlength=len(sizes))
    place = np.lexsort((sizes, -labels)).argsort()
    score = np.empty(len(features))
    for number in np.unique(own):
        members = np.flatnonzero(own == number)
        score[members] = place[number] + _typicality(features[members])
    return score


def _clusters(features: Features, count: int, rng: np.random.Generator) -> NDArray[np.int32]:
    means = KMeans(count, n_init=1, max_iter=20, random_state=int(rng.integers(2**31)))
    found: NDArray[np.int32] = means.fit_predict(features)
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
