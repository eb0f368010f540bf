"""A new model against the served one, on the same images."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from fetal_head.labels import NAMES
from fetal_head.learning.judging import MARGIN, ImageDice, JudgedOn, Verdict, judge, judged_dice

DICE = st.none() | st.floats(0, 1, width=16)


def _images(rows: Sequence[Sequence[float | None]], patients: Sequence[str] | None = None) -> list[ImageDice]:
    """Images with the Dice of BRAIN, CSP and LV in a row each, by default of one patient each."""
    return [
        ImageDice(f"image{i}", patients[i] if patients else f"patient{i}", dict(zip(NAMES, row, strict=True)))
        for i, row in enumerate(rows)
    ]


def _judge(candidate: list[list[float | None]], served: list[list[float | None]], patients: list[str] | None = None) -> Verdict:
    return judge(_images(candidate, patients), _images(served, patients), against="v0001")


@st.composite
def pairs(draw: st.DrawFn) -> tuple[list[ImageDice], list[ImageDice]]:
    """Two models on the same images; some structures are not annotated in some of them."""
    count = draw(st.integers(1, 8))
    patients = draw(st.lists(st.sampled_from("abc"), min_size=count, max_size=count))
    first = draw(st.lists(st.tuples(DICE, DICE, DICE), min_size=count, max_size=count))
    first[0] = (0.5, *first[0][1:])
    second = [[None if value is None else draw(st.floats(0, 1, width=16)) for value in row] for row in first]
    return _images(first, patients), _images(second, patients)


def test_every_structure_better_is_better() -> None:
    verdict = _judge([[0.9, 0.7, None], [0.8, None, 0.6]], [[0.8, 0.6, None], [0.7, None, 0.3]])
    assert verdict.better
    assert verdict.overall.mean == pytest.approx((0.1 + 0.1 + 0.3) / 3), "over images first, then over structures"
    assert verdict.overall.candidate == pytest.approx((0.85 + 0.7 + 0.6) / 3)
    assert {name: d.images for name, d in verdict.structures.items()} == {"BRAIN": 2, "CSP": 1, "LV": 1}
    assert (verdict.against, verdict.judged_on, verdict.patients) == ("v0001", "validation patients", 2)
    assert "better: mean Dice +0.1667" in verdict.reason


def test_a_structure_that_is_surely_worse_keeps_a_better_mean_back() -> None:
    served = [[0.8, 0.5, 0.5]] * 6
    verdict = _judge([[0.81, 0.9, 0.5 - 2 * MARGIN]] * 6, served)
    assert verdict.overall.mean > 0.1
    assert not verdict.better
    assert verdict.reason.startswith("surely worse in LV -0.0200")
    assert _judge([[0.81, 0.9, 0.5 - MARGIN / 2]] * 6, served).better, "a loss below the margin is no loss"


def test_a_structure_that_is_worse_in_some_patients_only_is_not_surely_worse() -> None:
    lv = [0.9, 0.9, 0.1, 0.1, 0.2]
    candidate = [[0.9, 0.9, value] for value in lv]
    verdict = _judge(candidate, [[0.8, 0.5, 0.5]] * 5)
    assert verdict.structures["LV"].mean < -MARGIN
    assert verdict.structures["LV"].low < 0 < verdict.structures["LV"].high
    assert verdict.better
    alike = judge(_images(candidate, ["one"] * 5), _images([[0.8, 0.5, 0.5]] * 5, ["one"] * 5), against="v0001")
    assert not alike.better, "the images of one patient are one observation, and it is worse"


def test_equal_is_not_better() -> None:
    images = [[0.8, 0.1, 0.3], [0.7, None, 0.2]]
    verdict = _judge(images, images)
    assert not verdict.better
    assert verdict.reason.startswith("not better")


@pytest.mark.parametrize("judged_on", JudgedOn)
def test_what_it_was_judged_on_is_said(judged_on: JudgedOn) -> None:
    images = _images([[0.8, None, None]])
    verdict = judge(images, _images([[0.1, None, None]]), against="shipped", judged_on=judged_on)
    assert verdict.better
    assert verdict.reason.endswith(f"against shipped on {judged_on.value}")
    assert set(verdict.structures) == {"BRAIN"}


@pytest.mark.parametrize(
    ("candidate", "served"),
    [
        ([[0.5, 0.5, 0.5]], [[0.5, 0.5, None]]),
        ([[0.5, 0.5, 0.5]], [[0.5, 0.5, 0.5]] * 2),
        ([[None, None, None]], [[None, None, None]]),
        ([], []),
    ],
)
def test_what_cannot_be_compared_is_refused(candidate: list[list[float | None]], served: list[list[float | None]]) -> None:
    with pytest.raises(ValueError, match=r"same images and structures|nothing to judge on"):
        _judge(candidate, served)


def test_the_interval_is_the_bootstraps_over_patients() -> None:
    random = np.random.default_rng(0)
    difference = random.normal(0.02, 0.05, 40).clip(-0.4, 0.4)
    verdict = _judge([[0.5 + d, None, None] for d in difference], [[0.5, None, None]] * 40)
    error = difference.std() / math.sqrt(40)
    assert verdict.overall.low == pytest.approx(difference.mean() - 1.96 * error, abs=0.15 * error)
    assert verdict.overall.high == pytest.approx(difference.mean() + 1.96 * error, abs=0.15 * error)
    twice = [f"patient{i // 2}" for i in range(80)]
    copied = np.repeat(difference, 2)
    doubled = _judge([[0.5 + d, None, None] for d in copied], [[0.5, None, None]] * 80, twice)
    assert doubled.overall.low == pytest.approx(verdict.overall.low, abs=1e-9), "a patient's second image adds no certainty"


@given(pairs())
@settings(max_examples=60)
def test_never_both_better_and_always_json(pair: tuple[list[ImageDice], list[ImageDice]]) -> None:
    there, back = (judge(a, b, against="other") for a, b in (pair, pair[::-1]))
    assert not (there.better and back.better)
    assert back.overall.mean == pytest.approx(-there.overall.mean)
    for difference in (there.overall, *there.structures.values()):
        assert difference.low <= difference.high
        assert there.patients > 1 or difference.low == pytest.approx(difference.mean) == pytest.approx(difference.high)
        assert difference.mean == pytest.approx(difference.candidate - difference.served)
    assert json.loads(json.dumps(asdict(there), allow_nan=False))["better"] is there.better
    assert judge(*pair, against="other") == there


def test_an_absent_structure_counts_when_it_is_found() -> None:
    head, csp, lv = torch.zeros(3, 4, 6, dtype=torch.bool)
    head[1:3] = True
    target = torch.stack([head, csp, lv])
    csp_found = torch.zeros(4, 6, dtype=torch.bool)
    csp_found[0, 0] = True
    known = torch.tensor([1.0, 1.0, 0.0])
    assert judged_dice(torch.stack([head, csp_found, lv]), target, known).tolist()[:2] == [1.0, 0.0]
    assert judged_dice(target, target, known).tolist()[:2] == [1.0, 1.0]
    assert judged_dice(torch.stack([csp_found, csp, csp_found]), target, known).isnan().tolist() == [False, False, True]
    assert judged_dice(torch.stack([csp, csp, csp]), target, known).tolist()[0] == 0.0, "a head that is missed"
