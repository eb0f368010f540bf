"""Two models are compared though images are removed, replaced or damaged meanwhile."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from fetal_head.imaging.limits import check_file
from fetal_head.learning import comparing
from fetal_head.learning.comparing import compare
from fetal_head.learning.judging import JudgedOn
from fetal_head.model.ancestry import NOTHING
from fetal_head.model.registry import Version
from fetal_head.model.segmenter import Segmenter, load_segmenter
from fetal_head.model.weights import Description, save_weights, starting_networks
from pictures import speckle, write_picture
from small_labels import small_settings, small_study

SETTINGS = small_settings()


@pytest.fixture
def served(tmp_path: Path) -> Version:
    """A model of random weights."""
    networks, architecture = starting_networks(None, SETTINGS.model, 0)
    path = tmp_path / "v0001.safetensors"
    save_weights(path, networks, Description(architecture))
    return Version("v0001", path)


@pytest.mark.parametrize("how", ["removed", "replaced", "damaged"])
@pytest.mark.parametrize(("lost", "judged_on", "patients"), [(1, JudgedOn.VALIDATION, 1), (2, JudgedOn.TRAINING, 3)])
def test_an_image_that_goes_while_the_models_are_asked_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, served: Version, how: str, lost: int, judged_on: JudgedOn, patients: int
) -> None:
    labels = small_study(tmp_path, 5)
    learned, held = labels[:3], labels[3:]

    def load(*of: object) -> Segmenter:
        for label in held[:lost]:
            if how == "removed":
                label.image.unlink()
            elif how == "replaced":
                write_picture(label.image, speckle(50, 80, seed=1))
            else:
                label.mask.write_bytes(b"none")
        return load_segmenter(*of)  # type: ignore[arg-type]

    candidate = load_segmenter(served.path, SETTINGS.model, "new")
    said: list[str] = []
    monkeypatch.setattr(comparing, "load_segmenter", load)
    verdict = compare(candidate, served, learned, held, NOTHING, SETTINGS, said.append)
    assert (verdict.judged_on, verdict.patients) == (judged_on.value, patients)
    assert [sentence.split(":")[0] for sentence in said] == [f"not judged on {label.id}" for label in held[:lost]]


def test_an_image_that_is_replaced_while_it_is_read_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, served: Version
) -> None:
    labels = small_study(tmp_path, 3)
    read = comparing.read_labelled

    def replaced(label: comparing.Labelled) -> object:
        found = read(label)
        if label is labels[1]:
            write_picture(label.image, speckle(50, 80, seed=1))
        return found

    candidate = load_segmenter(served.path, SETTINGS.model, "new")
    said: list[str] = []
    monkeypatch.setattr(comparing, "read_labelled", replaced)
    verdict = compare(candidate, served, labels[:1], labels[1:], NOTHING, SETTINGS, said.append)
    assert verdict.patients == 1
    assert said == ["not judged on image1: its image was removed or replaced during the training"]


def test_without_room_to_read_no_label_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, served: Version) -> None:
    """Training images alone would be left to judge on."""
    labels = small_study(tmp_path, 3)

    def fail(label: comparing.Labelled) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(label.image))

    candidate = load_segmenter(served.path, SETTINGS.model, "new")
    monkeypatch.setattr(comparing, "read_labelled", fail)
    with pytest.raises(OSError, match="No space left"):
        compare(candidate, served, labels[:1], labels[1:], NOTHING, SETTINGS, lambda _: None)


def test_where_no_held_label_can_be_read_for_a_moment_it_is_not_judged_on_training_images(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, served: Version
) -> None:
    labels = small_study(tmp_path, 3)

    def check(path: Path) -> None:
        if path.stem != labels[0].id:
            raise OSError(errno.ESTALE, os.strerror(errno.ESTALE), str(path))
        check_file(path)

    candidate = load_segmenter(served.path, SETTINGS.model, "new")
    with monkeypatch.context() as patch:
        patch.setattr("fetal_head.imaging.reader.check_file", check)
        with pytest.raises(ValueError, match="Stale file handle"):
            compare(candidate, served, labels[:1], labels[1:], NOTHING, SETTINGS)
    assert compare(candidate, served, labels[:1], labels[1:], NOTHING, SETTINGS).patients == 2
