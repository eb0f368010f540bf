"""What a new model and the served one are compared on, when some patients are known to models before them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from fetal_head.learning.basis import basis
from fetal_head.learning.judging import JudgedOn, Verdict
from fetal_head.learning.retraining import retrain
from fetal_head.learning.samples import Labelled
from fetal_head.learning.split import is_validation
from fetal_head.model.ancestry import NOTHING, UNTOLD, Learned
from fetal_head.model.network import Architecture
from fetal_head.model.registry import Registry
from fetal_head.model.weights import Description
from small_labels import small_settings, small_study

NETWORKS = Architecture.of(small_settings().model)


def _of(*patients: str) -> list[Labelled]:
    return [Labelled(f"image of {patient}", Path("image"), Path("mask"), patient) for patient in patients]


def _known(*patients: str, whole: bool = True) -> Learned:
    return Learned(frozenset(patients), whole)


def test_the_unseen_count_then_the_held_then_the_learned() -> None:
    learned, held = _of("a"), _of("b", "c", "c")
    assert basis(learned, held, _known("a", "b")) == (held[1:], JudgedOn.VALIDATION)
    assert basis(learned, held, NOTHING) == (held, JudgedOn.VALIDATION)
    assert basis(learned, held, _known("b", "c")) == (held, JudgedOn.LEARNED_BEFORE)
    assert basis(learned, [], _known("b", "c")) == (learned, JudgedOn.TRAINING)
    assert basis(learned, held, _known("b", whole=False)) == (held[1:], JudgedOn.PERHAPS_LEARNED_BEFORE)
    assert basis(learned, [], UNTOLD) == (learned, JudgedOn.TRAINING)


def test_a_patient_who_was_told_later_is_known_by_his_images() -> None:
    held = [replace(label, id=name) for label, name in zip(_of("a", "a", "b"), ("scan1", "scan2", "scan3"), strict=True)]
    assert basis([], held, _known("scan1")) == (held[2:], JudgedOn.VALIDATION)
    assert basis([], held, _known("scan1", "scan3")) == (held, JudgedOn.LEARNED_BEFORE)


@pytest.mark.parametrize("scratch", [True, False])
def test_patients_whom_an_earlier_model_learned_from_do_not_judge_it(tmp_path: Path, scratch: bool) -> None:
    registry = Registry(tmp_path / "models")
    of_shipped = next(p for p in registry.current().description.training["patients"] if is_validation(p, 5))
    child = Description(NETWORKS, parent="shipped", training={"patients": ["Patient00013"]})
    served = registry.add(NETWORKS.build(), child)

    def verdict(labels: list[Labelled]) -> Verdict:
        registry.publish(served.name)
        outcome = retrain(labels, small_settings(max_epochs=1), registry, start=None if scratch else served)
        assert outcome is not None
        return outcome.verdict

    patients = (of_shipped, "Patient00013", "Patient00000", "image5")
    assert [is_validation(patient, 5) for patient in patients] == [True, True, False, True]
    labels = [replace(label, patient=patient) for label, patient in zip(small_study(tmp_path, 4), patients, strict=True)]
    of_known = verdict(labels[:3])
    assert (of_known.judged_on, of_known.patients) == ("validation patients from whom an earlier model has learned", 2)
    assert of_known.judged_on in of_known.reason
    of_unseen = verdict(labels)
    assert (of_unseen.judged_on, of_unseen.patients) == ("validation patients", 1)


def test_a_served_model_that_does_not_say_whom_it_knows_has_that_said_of_the_verdict(tmp_path: Path) -> None:
    registry = Registry(tmp_path / "models")
    registry.publish(registry.add(NETWORKS.build(), Description(NETWORKS)).name)
    labels = [
        replace(label, patient=patient)
        for label, patient in zip(small_study(tmp_path, 2), ("Patient00000", "image5"), strict=True)
    ]
    outcome = retrain(labels, small_settings(max_epochs=1), registry, start=None)
    assert outcome is not None
    assert "may have learned" in outcome.verdict.judged_on
    assert outcome.verdict.judged_on in outcome.verdict.reason
