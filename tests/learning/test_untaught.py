"""Whether a model is served that learned from labels which say nothing of some structures."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from fetal_head.learning.retraining import Outcome, retrain
from fetal_head.learning.samples import Labelled
from fetal_head.model.registry import Registry
from small_labels import small_settings, small_study

SENTENCE = "no label that it learned from speaks of CSP and LV, which it may have forgotten"


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
    mixed = trained([labels[0], *heads[1:]])
    assert mixed.published, mixed.verdict.reason
    assert registry.current().name == "v0003"
