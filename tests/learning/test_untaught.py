"""Whether a model is served that learned from labels which say nothing of some structures."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from fetal_head.labels import NAMES
from fetal_head.learning.judging import ImageDice, JudgedOn, judge
from fetal_head.learning.retraining import Outcome, retrain
from fetal_head.learning.samples import Labelled
from fetal_head.learning.untaught import cautious
from fetal_head.model.registry import Registry
from small_labels import small_settings, small_study

SENTENCE = "no label that it learned from speaks of CSP and LV, which it may have forgotten"
FEW = (
    "few labels that it learned from, and none of other patients that it was compared on, speak of CSP and LV, "
    "which it may have forgotten"
)


def test_what_learned_from_heads_alone_is_not_served_however_good_its_heads(tmp_path: Path) -> None:
    registry = Registry(tmp_path / "models")
    labels = small_study(tmp_path, 12)
    heads = [replace(label, annotated=("BRAIN",)) for label in labels]

    def trained(labels: list[Labelled], scratch: bool = False, epochs: int = 5) -> Outcome:
        outcome = retrain(labels, small_settings(max_epochs=epochs), registry, start=None if scratch else registry.current())
        assert outcome is not None
        return outcome

    assert trained(labels, scratch=True, epochs=10).published
    of_heads = trained(heads)
    assert of_heads.verdict.overall.mean > 0
    assert SENTENCE in of_heads.verdict.reason
    assert not of_heads.published
    assert registry.current().name == "v0001"
    assert registry.version("v0002").description.metrics["verdict"]["reason"] == of_heads.verdict.reason
    few = trained([labels[0], *heads[1:]])
    assert few.verdict.overall.mean > 0
    assert FEW in few.verdict.reason
    assert not few.published
    assert registry.current().name == "v0001"


@pytest.mark.parametrize(
    ("taught", "judged", "published"), [(1, False, False), (1, True, True), (5, False, True), (10, False, True)]
)
def test_few_labels_suffice_where_the_structure_is_judged(taught: int, judged: bool, published: bool) -> None:
    samples = [SimpleNamespace(framed=SimpleNamespace(known=torch.tensor([1.0, n < taught, n < taught]))) for n in range(10)]
    names = NAMES if judged else ("BRAIN",)
    better, worse = ([ImageDice("i", "p", dict.fromkeys(names, dice))] for dice in (0.9, 0.8))
    verdict = cautious(judge(better, worse, against="shipped"), samples)
    assert verdict.better == published
    assert (FEW in verdict.reason) != published


@pytest.mark.parametrize(("taught", "published"), [(1, False), (5, True)])
def test_images_that_it_learned_from_do_not_judge_what_few_of_them_teach(taught: int, published: bool) -> None:
    samples = [SimpleNamespace(framed=SimpleNamespace(known=torch.tensor([1.0, n < taught, n < taught]))) for n in range(10)]
    better, worse = ([ImageDice("i", "p", dict.fromkeys(NAMES, dice))] for dice in (0.9, 0.8))
    verdict = cautious(judge(better, worse, against="shipped", judged_on=JudgedOn.TRAINING), samples)
    assert verdict.better == published
    assert (FEW in verdict.reason) != published
