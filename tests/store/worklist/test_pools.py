"""What models make of images is kept until the model or the image is another one."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from masks import submit
from scored import score

from fetal_head.model.scoring import Score
from fetal_head.store.errors import StoreError
from fetal_head.store.files.names import LONGEST_ID
from fetal_head.store.intake.scan import take_in
from fetal_head.store.study import StudyDatastore
from fetal_head.store.worklist.pools import Pools
from fetal_head.store.worklist.reservations import reserve
from fetal_head.store.worklist.scores import unscored, write_scores
from fetal_head.tasks.strategies import suggestions
from pictures import speckle, write_picture


def _scored(study: StudyDatastore, model: str, found: dict[str, Score | str]) -> None:
    images = {image.id: image for image in unscored(study.store, model, 99)}
    write_scores(study.store, model, [(images[image], what) for image, what in found.items()])


def _doubts(pools: Pools, who: str = "ann") -> dict[str, float]:
    images, pool = pools.pool(who)
    return dict(zip(pools.names(images), pool.entropy[:, 0].tolist(), strict=True))


def _replace(path: Path) -> None:
    write_picture(path, speckle(60, 90, seed=9))
    os.utime(path, ns=(1, 1))


def test_those_come_first_that_are_likely_to_be_asked_for(study: StudyDatastore) -> None:
    assert {image.id for image in unscored(study.store, "m1", 9)} == {"a", "b", "c"}
    _scored(study, "m1", {"a": score(0.1), "b": score(0.9), "c": score(0.5)})
    assert unscored(study.store, "m1", 9) == []
    assert [image.id for image in unscored(study.store, "m2", 9)] == ["b", "c", "a"]
    submit(study, "b")
    assert [image.id for image in unscored(study.store, "m2", 9)] == ["c", "a", "b"], "what is labelled can wait"


def test_a_replaced_image_has_no_score(study: StudyDatastore, folder: Path) -> None:
    _scored(study, "m1", {"a": score(0.1), "b": score(0.9), "c": "c.png: is no PNG"})
    pools = Pools(study.store)
    assert _doubts(pools) == pytest.approx({"a": 0.1, "b": 0.9}), "what cannot be read is not asked for"
    _replace(folder / "b.png")
    _replace(folder / "c.png")
    take_in(study.store)
    assert {image.id for image in unscored(study.store, "m1", 9)} == {"b", "c"}
    features = pools.pool("ann")[1].features(np.arange(3))
    assert np.isnan(features).any(axis=1).tolist() == [False, True, True]
    assert _doubts(pools) == pytest.approx({"a": 0.1, "b": np.nan, "c": np.nan}, nan_ok=True)


def test_a_pool_is_always_up_to_date(study: StudyDatastore, folder: Path) -> None:
    pools = Pools(study.store)
    assert _doubts(pools) == pytest.approx(dict.fromkeys("abc", np.nan), nan_ok=True)
    _scored(study, "m1", {"a": score(0.1), "b": score(0.2, 1)})
    assert _doubts(pools) == pytest.approx({"a": 0.1, "b": 0.2, "c": np.nan}, nan_ok=True)
    _scored(study, "m2", {"a": score(0.7)})
    assert _doubts(pools)["a"] == pytest.approx(0.7)
    assert (pools.model_of("a"), pools.model_of("b")) == ("m2", "m1")
    reserve(study.store, "ben", ["b"])
    assert set(_doubts(pools)) == {"a", "c"}
    _, pool = pools.pool("ann")
    assert (pool.taken, pool.taken_features.tolist()) == (1, [[0, 1, 0, 0]]), "what somebody works on counts as labelled"
    submit(study, "b", who="ben")
    write_picture(folder / "d.png", speckle(60, 90))
    (folder / "c.png").unlink()
    take_in(study.store)
    assert list(_doubts(pools)) == ["a", "d"]


def test_images_of_the_patient_just_seen_are_recent(study: StudyDatastore) -> None:
    pools = Pools(study.store)
    for image, patient in (("a", "P1"), ("b", "P1"), ("c", "P2")):
        study.update_image_info(image, {"patient": patient})
    submit(study, "a", who="ann")
    images, pool = pools.pool("ann")
    assert dict(zip(pools.names(images), pool.recent.tolist(), strict=True)) == {"b": True, "c": False}
    assert not pools.pool("ben")[1].recent.any(), "he has not seen the patient"


def test_a_suggestion_says_why_and_is_reserved(study: StudyDatastore) -> None:
    offered = suggestions(Pools(study.store))
    _scored(study, "m1", {"a": score(0.1), "b": score(0.9), "c": score(0.5)})
    told = offered["entropy"]({"client_id": "ann"}, study)
    assert told == {
        "id": "b",
        "score": 0.9,
        "structure": None,
        "model_version": "m1",
        "rank": 1,
        "of": 3,
        "why": "The model is least sure of it.",
    }
    assert offered["entropy"]({"client_id": "ben"}, study)["id"] == "c"
    last = offered["random"]({"client_id": "cem"}, study)
    assert (last["id"], last["score"], last["why"]) == ("a", None, "It was drawn by lot.")
    assert offered["hybrid"]({"client_id": "dan"}, study) == {}


@pytest.mark.parametrize("who", ["ann", ""])
def test_the_image_that_is_left_is_not_given_again_as_long_as_there_is_another(study: StudyDatastore, who: str) -> None:
    first = suggestions(Pools(study.store))["first"]

    def given(**params: str) -> str:
        return str(first({"client_id": who, **params}, study)["id"])

    reserve(study.store, who, ["a"])
    assert given(leaving="a") == "b"
    reserve(study.store, who, ["c"])
    assert given(leaving="b") == "a", "all are in the same hands by now"
    assert given(leaving="gone") == "a"
    assert given(leaving="x" * LONGEST_ID) == "a", "as long as a file can be called"
    study.remove_image("b")
    study.remove_image("c")
    assert given(leaving="a") == "a", "there is no other one"
    with pytest.raises(StoreError, match="the image that is left must be a text"):
        first({"leaving": ["a"]}, study)


def test_scores_are_left_out_of_a_rebuilt_database(study: StudyDatastore) -> None:
    from fetal_head.store.intake.scan import rebuild

    _scored(study, "m1", {"a": score(0.1)})
    pools = Pools(study.store)
    assert _doubts(pools)["a"] == pytest.approx(0.1)
    rebuild(study.store.layout.folder, study.store.settings)
    assert np.isnan(_doubts(pools)["a"])
