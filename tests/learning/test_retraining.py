"""One press of the Train button, without a server."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose

from fetal_head.evaluation.pairs import Pair
from fetal_head.imaging import Geometry, read_geometry, write_mask
from fetal_head.learning import comparing, retraining, samples
from fetal_head.learning.retraining import CHECKPOINT, Outcome, retrain
from fetal_head.learning.samples import Labelled
from fetal_head.learning.split import is_validation
from fetal_head.learning.trainer import Epoch
from fetal_head.model.registry import Registry
from fetal_head.model.weights import load_weights
from fetal_head.simulation.ancestry import check_ancestry
from pictures import three_structures, write_picture
from small_labels import small_settings, small_study


def _retrain(labels: list[Labelled], registry: Registry, scratch: bool = True, **changes: object) -> Outcome:
    outcome = retrain(labels, small_settings(**changes), registry, start=None if scratch else registry.current())
    assert outcome is not None
    return outcome


def test_it_learns_and_tells_what_from(tmp_path: Path) -> None:
    registry = Registry(tmp_path / "models")
    epochs: list[Epoch] = []
    labels = small_study(tmp_path, 12)
    outcome = retrain(labels, small_settings(), registry, start=None, on_epoch=epochs.append)
    assert outcome is not None
    assert [e.number for e in epochs] == [1, 2, 3]
    assert epochs[-1].seconds_left == 0 < epochs[0].seconds_left
    for network in ("locator", "segmenter"):
        assert epochs[-1].loss[network] < epochs[0].loss[network]
    described = registry.version(outcome.version).description
    held = {label.id for label in labels if is_validation(label.patient_id, 5)}
    learned_from = {label.id for label in labels} - held
    assert described.training["images"] == len(learned_from) == described.training["labels"]["count"]
    assert set(described.training["labels"]["masks"]) == learned_from
    assert described.training["patients"] == sorted(learned_from)
    assert set(described.training["validation_labels"]["masks"]) == held
    assert described.training["validation_patients"] == sorted(held)
    assert outcome.verdict.patients == len(held) > 0
    assert described.metrics["verdict"]["reason"] == outcome.verdict.reason
    assert not (registry.folder / CHECKPOINT).exists()


def test_two_processes_learn_what_one_does(tmp_path: Path) -> None:
    labels = small_study(tmp_path, 12)
    found = []
    for processes in (1, 2):
        registry = Registry(tmp_path / f"models{processes}")
        outcome = _retrain(labels, registry, processes=processes)
        assert [v.name for v in registry.versions() if v.name != "shipped"] == [outcome.version]
        found.append(outcome.last)
    assert found[1].loss == pytest.approx(found[0].loss, rel=1e-3)
    assert found[1].dice == pytest.approx(found[0].dice, abs=0.02)


def test_a_batch_that_does_not_go_round_is_refused_before_anything_starts(tmp_path: Path) -> None:
    registry = Registry(tmp_path / "models")
    with pytest.raises(ValueError, match="batch_size 1 is too small for 2 processes"):
        _retrain(small_study(tmp_path, 4), registry, processes=2, batch_size=1)
    assert not registry.folder.exists()


def test_networks_that_are_too_deep_for_their_images_are_refused_with_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="the network 'unet' takes no images of 144 x 192 pixels"):
        _retrain(small_study(tmp_path, 4), Registry(tmp_path / "models"), channels=[8] * 6, frame_rows=144, frame_columns=192)


def test_only_what_is_better_is_served(tmp_path: Path) -> None:
    registry = Registry(tmp_path / "models")
    labels = small_study(tmp_path, 12)
    good = _retrain(labels, registry, max_epochs=10)
    assert good.published, good.verdict.reason
    assert registry.current().name == good.version == "v0001"
    ruined = _retrain(labels, registry, scratch=False, learning_rate=10.0)
    assert not ruined.published
    assert registry.current().name == "v0001"
    assert registry.version(ruined.version).description.parent == "v0001"
    assert ruined.verdict.against == "v0001"
    assert ruined.verdict.overall.mean < 0


def test_what_was_published_while_it_was_judged_stays_served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    registry = Registry(tmp_path / "models")
    by_hand = registry.add(*load_weights(registry.current().path)).name
    judge = comparing.judge

    def judge_and_publish(*models, **more):  # type: ignore[no-untyped-def]
        registry.publish(by_hand)
        return replace(judge(*models, **more), better=True)

    monkeypatch.setattr(comparing, "judge", judge_and_publish)
    outcome = _retrain(small_study(tmp_path, 12), registry, max_epochs=1)
    assert registry.current().name == by_hand
    assert not outcome.published
    assert f"by now '{by_hand}' is served" in outcome.verdict.reason
    assert registry.version(outcome.version).path.exists()


def test_damaged_labels_are_named_and_left_out(tmp_path: Path) -> None:
    labels = small_study(tmp_path, 6)
    labels[0].mask.write_bytes(b"not a mask")
    write_mask(labels[1].mask, three_structures(120, 60), Geometry((120, 60)))
    write_picture(tmp_path / "rgb.png", np.zeros((60, 120, 3), np.uint8))
    labels[2] = Labelled("image2", labels[2].image, tmp_path / "rgb.png")
    write_picture(tmp_path / "odd.png", np.full((60, 120), 77, np.uint8))
    labels[3] = Labelled("image3", labels[3].image, tmp_path / "odd.png")
    said: list[str] = []
    outcome = retrain(labels, small_settings(), Registry(tmp_path / "models"), start=None, say=said.append)
    assert outcome is not None
    assert [label.id for label in outcome.left_out] == ["image0", "image1", "image2", "image3"]
    for reason, sentence in zip(said, ("cannot be read", "transposed", "colour picture", "value 77"), strict=True):
        assert sentence in reason


def test_what_it_learned_from_is_not_there_to_judge_it_by(tmp_path: Path) -> None:
    registry = Registry(tmp_path / "models")
    patients = ("Patient00000", "Patient00000", "Patient00013", "Patient00013")
    labels = [replace(label, patient=patient) for label, patient in zip(small_study(tmp_path, 4), patients, strict=True)]
    learned_from, held = labels[:2], labels[2:]
    assert [is_validation(patient, 5) for patient in patients] == [False, False, True, True]
    model = registry.version(_retrain(labels, registry).version)
    check_ancestry(model, registry, [Pair(label.id, label.image, label.mask) for label in held])
    another = Pair("Patient00000_Plane3_2_of_2", learned_from[0].image, held[0].mask)
    with pytest.raises(ValueError, match="has learned from Patient00000"):
        check_ancestry(model, registry, [another])


def test_no_label_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no submitted label yet"):
        retrain([], small_settings(), Registry(tmp_path), start=None)
    broken = small_study(tmp_path, 1)
    broken[0].mask.write_bytes(b"")
    with pytest.raises(ValueError, match="none of the 1 submitted labels"):
        retrain(broken, small_settings(), Registry(tmp_path), start=None)


def test_a_patient_that_models_are_judged_on_is_never_learned_from(tmp_path: Path) -> None:
    labels = small_study(tmp_path, 2)
    labels[0].mask.write_bytes(b"")
    with pytest.raises(ValueError, match="label images of another patient, then train"):
        retrain(labels, small_settings(), Registry(tmp_path), start=None)


def test_same_seed_same_networks(tmp_path: Path) -> None:
    registry = Registry(tmp_path / "models")
    labels = small_study(tmp_path, 4)
    for _ in range(2):
        _retrain(labels, registry)
    first, second = (load_weights(registry.version(v).path)[0] for v in ("v0001", "v0002"))
    for a, b in zip(first.parameters(), second.parameters(), strict=True):
        assert_allclose(a.detach(), b.detach(), rtol=1e-5)


def test_validation_patients_are_never_trained_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[set[str]] = []
    train = retraining.train

    def spy(networks, architecture, training, validation, *rest, **more):  # type: ignore[no-untyped-def]
        seen.extend([{s.patient for s in training}, {s.patient for s in validation}])
        return train(networks, architecture, training, validation, *rest, **more)

    monkeypatch.setattr(retraining, "train", spy)
    labels = small_study(tmp_path, 12)
    _retrain(labels, Registry(tmp_path / "models"))
    assert seen[1] == {label.patient_id for label in labels if is_validation(label.patient_id, 5)}
    assert seen[0] == {label.patient_id for label in labels} - seen[1]
    assert all(seen)


@pytest.mark.parametrize("change", ["removed", "replaced"])
def test_an_image_that_is_gone_by_the_end_judges_nothing(tmp_path: Path, change: str) -> None:
    registry = Registry(tmp_path / "models")
    labels = small_study(tmp_path, 12)
    held = [label for label in labels if is_validation(label.patient_id, 5)]
    assert len(held) > 1

    def meanwhile(epoch: Epoch) -> None:
        held[0].image.unlink(missing_ok=True)
        if change == "replaced":
            write_picture(held[0].image, np.zeros(read_geometry(labels[0].image).shape, np.uint8))

    said: list[str] = []
    outcome = retrain(labels, small_settings(max_epochs=1), registry, start=None, on_epoch=meanwhile, say=said.append)
    assert outcome is not None
    assert outcome.verdict.patients == len(held) - 1
    assert held[0].id in "".join(said)


def test_an_image_that_is_replaced_while_it_is_read_is_not_learned_with_the_label_of_the_one_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    labels = small_study(tmp_path, 12)
    learned = [label for label in labels if not is_validation(label.patient_id, 5)]
    read = samples.read_image

    def replaced_after(path: Path):  # type: ignore[no-untyped-def]
        found = read(path)
        # this one as it is read, and that one before
        for label in (learned[0], learned[-1]) if path == learned[0].image else ():
            write_picture(label.image, np.zeros(found[1].shape, np.uint8))
        return found

    monkeypatch.setattr(samples, "read_image", replaced_after)
    registry = Registry(tmp_path / "models")
    outcome = _retrain(labels, registry, max_epochs=1)
    assert [label.id for label in outcome.left_out] == [learned[0].id, learned[-1].id]
    assert "replaced" in outcome.left_out[0].reason
    masks = registry.version(outcome.version).description.training["labels"]["masks"]
    assert set(masks) == {label.id for label in learned[1:-1]}
