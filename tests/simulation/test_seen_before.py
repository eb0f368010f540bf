"""What a campaign is judged by was not learned from, however its names are written."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from unicodedata import normalize

import pytest

from fetal_head.evaluation.pairs import Pair
from fetal_head.model.registry import Registry, Version
from fetal_head.model.weights import Description, save_weights, starting_networks
from fetal_head.simulation.ancestry import check_ancestry
from small_labels import small_settings


def version(folder: Path, training: dict[str, Any]) -> Version:
    networks, architecture = starting_networks(None, small_settings().model, 0)
    save_weights(folder / "v0001.safetensors", networks, Description(architecture, training=training))
    return Registry(folder).version("v0001")


def pair(folder: Path, name: str, patient: str) -> Pair:
    (mask := folder / "mask.png").write_bytes(b"mask")
    return Pair(name, folder / "image.png", mask, told_patient=patient)


@pytest.mark.parametrize(("told", "asked"), [("NFD", "NFC"), ("NFC", "NFD"), ("NFD", "NFD")])
def test_a_name_is_known_however_its_accents_are_written(tmp_path: Path, told: str, asked: str) -> None:
    name, now = normalize(told, "Amélie"), normalize(asked, "Amélie")
    by_label = version(tmp_path, {"labels": {"masks": {name: "0" * 12}}})
    with pytest.raises(ValueError, match="has learned from"):
        check_ancestry(by_label, Registry(tmp_path), [pair(tmp_path, now, "somebody")])
    by_patient = version(tmp_path, {"patients": [name]})
    with pytest.raises(ValueError, match="has learned from"):
        check_ancestry(by_patient, Registry(tmp_path), [pair(tmp_path, "scan", now)])
    check_ancestry(by_patient, Registry(tmp_path), [pair(tmp_path, "scan", "Amelie")])


@pytest.mark.parametrize("told", [["x"], {}, 5, None])
def test_a_hash_that_is_none_names_its_image_all_the_same(tmp_path: Path, told: object) -> None:
    odd = version(tmp_path, {"labels": {"masks": {"a": told}}})
    check_ancestry(odd, Registry(tmp_path), [pair(tmp_path, "b", "somebody")])
    with pytest.raises(ValueError, match="has learned from"):
        check_ancestry(odd, Registry(tmp_path), [pair(tmp_path, "a", "somebody")])
