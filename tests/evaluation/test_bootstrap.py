from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fetal_head.evaluation.bootstrap import Estimate, mean_over_patients, ratio_over_patients

scores = st.lists(st.tuples(st.floats(0, 1), st.sampled_from("abcdef")), min_size=1, max_size=30)


@settings(max_examples=50)
@given(scores)
def test_the_interval_holds_the_mean_over_images(scored: list[tuple[float, str]]) -> None:
    values, patients = zip(*scored, strict=True)
    found = mean_over_patients(values, patients)
    assert found.mean == pytest.approx(np.mean(values))
    assert (found.n, found.patients) == (len(values), len(set(patients)))
    if found.patients == 1:
        assert found.low is found.high is None
    else:
        assert min(values) - 1e-9 <= found.low <= found.mean + 1e-9
        assert found.mean - 1e-9 <= found.high <= max(values) + 1e-9


def test_more_images_of_a_patient_that_say_the_same_say_nothing_more() -> None:
    values = np.random.default_rng(1).random(20).tolist()
    patients = [f"p{i:02d}" for i in range(20)]
    once = mean_over_patients(values, patients)
    often = mean_over_patients(values * 5, patients * 5)
    as_strangers = mean_over_patients(values * 5, [f"p{i:03d}" for i in range(100)])
    assert (often.mean, often.low, often.high) == pytest.approx((once.mean, once.low, once.high))
    assert often.high - often.low > 1.8 * (as_strangers.high - as_strangers.low)


def test_of_many_patients_it_is_the_normal_interval() -> None:
    values = np.random.default_rng(2).normal(5, 1, 400)
    found = mean_over_patients(values.tolist(), [str(i) for i in range(400)])
    half = 1.96 * values.std(ddof=1) / 20
    assert (found.low, found.high) == pytest.approx((values.mean() - half, values.mean() + half), abs=0.1 * half)


def test_the_same_images_give_the_same_interval_in_any_order() -> None:
    values, patients = [0.1, 0.9, 0.5, 0.7], ["a", "b", "c", "a"]
    backwards = mean_over_patients(values[::-1], patients[::-1])
    assert mean_over_patients(values, patients) == backwards == mean_over_patients(values[::-1], patients[::-1])


def test_a_ratio_weighs_by_the_whole() -> None:
    found = ratio_over_patients([1, 90], [2, 100], ["a", "b"])
    assert found == Estimate(91 / 102, 0.5, 0.9, 2, 2)


def test_a_patient_without_a_whole_is_not_drawn() -> None:
    assert ratio_over_patients([1, 90, 0], [2, 100, 0], ["a", "b", "c"]) == ratio_over_patients([1, 90], [2, 100], ["a", "b"])


@pytest.mark.parametrize("wholes", [[], [0.0]])
def test_of_nothing(wholes: list[float]) -> None:
    assert ratio_over_patients([0.0] * len(wholes), wholes, ["a"] * len(wholes)) == Estimate(None, None, None, 0, 0)
