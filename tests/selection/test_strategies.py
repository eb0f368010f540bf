"""Which image each strategy wants first."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from pools import pool_of

from fetal_head.selection.coreset import coreset
from fetal_head.selection.entropy import entropy
from fetal_head.selection.foreground_random import foreground_random
from fetal_head.selection.hybrid import hybrid, turn
from fetal_head.selection.pool import Pool
from fetal_head.selection.ranking import FRONT, put_last
from fetal_head.selection.strategies import STRATEGIES as ALL
from fetal_head.selection.strategies import Choose
from fetal_head.selection.typiclust import typiclust


def _rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def _random_pool(count: int, seed: int = 0) -> Pool:
    rng = _rng(seed)
    features = rng.normal(size=(count, 8))
    return pool_of(rng.random((count, 3)), features=features / np.linalg.norm(features, axis=1, keepdims=True))


def _clusters(sizes: tuple[int, ...]) -> np.ndarray:
    """Features of as many images as `sizes` say around as many directions; the first one of each cluster is in its middle."""
    rng = _rng()
    middles = np.repeat(np.eye(len(sizes)), sizes, axis=0)
    features = middles + 0.2 * rng.normal(size=middles.shape)
    features[np.cumsum([0, *sizes[:-1]])] = np.eye(len(sizes))
    return np.asarray(features / np.linalg.norm(features, axis=1, keepdims=True))


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("scored", [0, 7, 20])
def test_every_strategy_ranks_every_image_once(name: str, scored: int) -> None:
    pool = _random_pool(20)
    pool.entropy[scored:], pool.bald[scored:], pool.seen[scored:] = np.nan, np.nan, False
    features = pool.features(np.arange(20))
    features[scored:] = np.nan
    pool = replace(
        pool,
        read_score={"entropy": pool.entropy, "bald": pool.bald, "seen": pool.seen}.__getitem__,
        features=features.__getitem__,
    )
    for taken in (0, 50):
        ranking = ALL[name].choose(replace(pool, taken=taken), _rng())
        assert sorted(ranking.order.tolist()) == list(range(20))
        assert all(ranking.why(position).endswith(".") for position in ranking.order)
        again = ALL[name].choose(replace(pool, taken=taken), _rng())
        assert again.order.tolist() == ranking.order.tolist(), "the same seed draws the same"


@pytest.mark.parametrize("name", ALL)
def test_an_empty_pool_is_ranked_too(name: str) -> None:
    assert len(ALL[name].choose(pool_of(np.zeros((0, 3))), _rng()).order) == 0


def test_people_are_told_of_each_strategy_and_the_default_comes_first() -> None:
    assert next(iter(ALL)) == "hybrid"
    assert all(found.description for found in ALL.values())


def test_entropy_wants_the_largest_and_a_patient_just_seen_last() -> None:
    scores = np.repeat([[0.1], [0.4], [0.3], [0.2]], 3, axis=1)
    assert entropy(pool_of(scores), _rng()).order.tolist() == [1, 2, 3, 0]
    seen = pool_of(scores, recent=[False, True, True, False])
    assert put_last(entropy(seen, _rng()), seen.recent).order.tolist() == [3, 0, 1, 2]


def test_first_keeps_the_order_of_names_whosever_they_are() -> None:
    pool = replace(_random_pool(5), recent=np.arange(5) < 3)
    assert ALL["first"](pool, _rng()).order.tolist() == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("name", ALL)
def test_the_image_that_is_left_comes_last_of_all(name: str) -> None:
    pool = replace(_random_pool(20), recent=np.arange(20) < 12, left=np.arange(20) == 3)
    order = ALL[name](pool, _rng()).order.tolist()
    assert order[-1] == 3
    assert sorted(order) == list(range(20))


@pytest.mark.parametrize("name", [name for name in ALL if name != "first"])
def test_no_other_strategy_asks_for_two_frames_of_one_patient_in_a_row(name: str) -> None:
    pool = replace(_random_pool(20), recent=np.arange(20) < 12)
    for seed in range(5):
        order = ALL[name](pool, _rng(seed)).order
        assert sorted(order.tolist()) == list(range(20))
        assert set(order[:8].tolist()) == set(range(12, 20))


def test_of_many_images_the_first_ones_are_in_order() -> None:
    scores = np.repeat(_rng().integers(0, 1000, 3 * FRONT).astype(float)[:, np.newaxis], 3, axis=1)
    order = entropy(pool_of(scores, features=np.eye(3 * FRONT, 1)), _rng()).order
    assert sorted(order.tolist()) == list(range(3 * FRONT))
    found = scores[order, 0]
    assert found[:FRONT].tolist() == sorted(scores[:, 0], reverse=True)[:FRONT]
    assert found[FRONT:].max() <= found[FRONT - 1]


def test_an_image_without_a_score_has_its_fair_chance() -> None:
    scores = np.ones((8, 3))
    scores[2:4] = np.nan
    first = Counter(int(entropy(pool_of(scores), _rng(seed)).order[0]) for seed in range(400))
    assert 60 < first[2] + first[3] < 140, "a quarter of the images, a quarter of the firsts"
    assert min(first[2], first[3]) > 15
    ranking = entropy(pool_of(scores), _rng())
    assert "has not looked" in ranking.why(2)
    assert "least sure" in ranking.why(0)


def test_foreground_random_says_among_what_it_drew() -> None:
    pool = _random_pool(4)
    pool.entropy[:], pool.seen[:] = np.nan, False
    assert "not looked at it yet" in foreground_random(pool, _rng()).reason
    pool.entropy[:] = 0.1
    assert "neither CSP nor LV" in foreground_random(pool, _rng()).reason
    pool.seen[2, 1] = True
    assert "sees CSP or LV" in foreground_random(pool, _rng()).reason


def test_foreground_random_wants_what_shows_csp_or_lv() -> None:
    pool = pool_of(np.ones((6, 3)))
    pool.seen[:] = False
    pool.seen[:, 0] = True
    pool.seen[4, 1] = pool.seen[5, 2] = True
    firsts = {int(foreground_random(pool, _rng(seed)).order[0]) for seed in range(30)}
    assert firsts == {4, 5}


def test_coreset_wants_what_is_least_like_the_labelled_ones() -> None:
    angles = np.radians([5, 40, 90, 20])
    features = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    pool = pool_of(np.ones((4, 3)), features=features, taken_features=[[1, 0]])
    assert coreset(pool, _rng()).order.tolist() == [2, 1, 3, 0]


def test_typiclust_wants_the_middle_of_the_largest_cluster_without_a_label() -> None:
    features = _clusters((12, 6))
    pool = pool_of(np.ones((18, 3)), features=features, taken=0)
    assert typiclust(pool, _rng()).order[0] < 12, "the larger cluster"
    with_label = pool_of(np.ones((18, 3)), features=features, taken_features=[[1, 0]], taken=1)
    order = typiclust(with_label, _rng()).order.tolist()
    assert order[0] >= 12, "the one without a label"
    assert order.index(12) < 3, "its middle is typical of it"


def test_typiclust_does_without_features_that_an_older_network_had() -> None:
    features = np.eye(12, 4) + 0.1
    features[3:] = np.nan
    pool = pool_of(np.ones((12, 3)), features=features, taken_features=[[1, 0, 0, 0], [np.nan] * 4])
    assert set(typiclust(pool, _rng()).order[:3].tolist()) == {0, 1, 2}
    features[1:] = np.nan
    assert "nothing tells" in typiclust(pool_of(np.ones((12, 3)), features=features), _rng()).reason


@pytest.mark.parametrize("strategy", [coreset, hybrid, typiclust])
def test_where_a_network_gives_no_features_it_is_drawn_by_lot(strategy: Choose) -> None:
    pool = pool_of(np.full((5, 3), 0.1), features=np.empty((5, 0)), taken_features=np.empty((2, 0)))
    assert {int(strategy(pool, _rng(seed)).order[0]) for seed in range(40)} == set(range(5))
    assert "drawn by lot" in strategy(pool, _rng()).reason


@pytest.mark.parametrize("strategy", [hybrid, typiclust])
def test_of_the_last_image_nobody_is_told_that_the_model_has_not_looked_at_it(strategy: Choose) -> None:
    last = strategy(pool_of([[0.1, 0.1, 0.1]]), _rng())
    assert last.reason == "It was drawn by lot: nothing tells what it is typical of."


def test_hybrid_takes_turns() -> None:
    turns = Counter(turn(taken) for taken in range(90))
    assert turns == {"CSP": 30, "LV": 30, None: 30}
    # the head's doubt counts for nothing
    scores = np.repeat([[0.9, 0.1, 0.1], [0.1, 0.9, 0.1], [0.1, 0.1, 0.9], [0.1, 0.6, 0.6]], 5, axis=0)
    pool = pool_of(scores, features=_clusters((5, 5, 5, 5)))
    doubtful = {"CSP": {1, 3}, "LV": {2, 3}, None: {1, 2, 3}}
    for taken in range(900, 909):
        found = hybrid(replace(pool, taken=taken), _rng(taken))
        assert found.structure == turn(taken)
        assert int(found.order[0]) // 5 in doubtful[found.structure]


def test_hybrid_wants_what_is_typical_of_the_doubtful_ones() -> None:
    scores = np.full((18, 3), 0.1)
    scores[:12] = 0.5 + 0.01 * np.arange(12)[:, np.newaxis]
    scores[11] = 0.9
    pool = pool_of(scores, features=_clusters((8, 4, 6)), taken_features=[[0, 0, 1]], taken=1)
    order = hybrid(pool, _rng()).order.tolist()
    assert order[0] < 8, "the largest cluster without a label, and not the image that is doubted most"
    assert set(order[:9]) == set(range(3, 12)), "the surer half comes last"


def test_hybrid_doubts_nothing_of_a_structure_that_the_model_does_not_know() -> None:
    # even odds in every pixel of the LV, be they a little more even here or there
    scores = np.full((18, 3), 0.1)
    scores[:, 2] = np.linspace(0.69, 0.6, 18)
    pool = pool_of(scores, features=_clusters((8, 4, 6)))
    turns = [replace(pool, taken=taken) for taken in (0, 1)]
    assert "the outline of CSP" in hybrid(turns[0], _rng()).reason
    unknown = hybrid(turns[1], _rng())
    assert unknown.order.tolist() == typiclust(turns[1], _rng()).order.tolist()
    assert (unknown.structure, unknown.reason) == (None, typiclust(turns[1], _rng()).reason)


def test_hybrid_asks_for_typical_images_until_one_is_scored() -> None:
    pool = _random_pool(30)
    pool.entropy[:] /= 2
    assert "unsure" in hybrid(pool, _rng()).reason
    pool.entropy[:] = np.nan
    assert "has not looked" in hybrid(pool, _rng()).reason
    pool.entropy[0] = 0.5
    assert "has not looked" in hybrid(pool, _rng()).reason, "one that is scored is typical of nothing"
    # as good as the others: it may be anything
    pool.entropy[:10] = 0.5
    firsts = [int(hybrid(pool, _rng(seed)).order[0]) for seed in range(100)]
    assert 40 < sum(first >= 10 for first in firsts) < 90
