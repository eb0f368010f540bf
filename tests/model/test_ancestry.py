"""What a model's file, and those of the models before it, tell of what they learned from."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from fetal_head.model.ancestry import Learned, learned_by_line, line
from fetal_head.model.network import Architecture
from fetal_head.model.registry import SHIPPED, SHIPPED_NAME, Registry
from fetal_head.model.weights import Description, save_weights
from fetal_head.patients import patient_of
from small_labels import small_settings


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return Registry(tmp_path / "models")


def _model(registry: Registry, name: str, training: dict[str, Any], parent: str | None = None) -> None:
    architecture = Architecture.of(small_settings().model)
    description = Description(architecture, parent=parent, training=training)
    save_weights(registry.folder / f"{name}.safetensors", architecture.build(), description)


def _learned(registry: Registry, name: str) -> Learned:
    return learned_by_line(registry.version(name), registry)


def test_the_line_ends_with_the_shipped_model(registry: Registry) -> None:
    shipped = registry.version(SHIPPED_NAME)
    of_shipped = _learned(registry, SHIPPED_NAME)
    assert of_shipped == (frozenset(shipped.description.training["patients"]), True)
    _model(registry, "v0001", {"patients": ["a"]}, SHIPPED_NAME)
    _model(registry, "v0002", {"patients": ["b"], "labels": {"masks": {"Patient7_Plane3": "0f"}}}, "v0001")
    assert [version.name for version in line(registry.version("v0002"), registry)] == ["v0002", "v0001", SHIPPED_NAME]
    assert _learned(registry, "v0002") == (of_shipped.patients | {"a", "b", "Patient7"}, True)


@pytest.mark.parametrize(
    ("training", "tells"),
    [
        ({}, False),
        ({"patients": [1, None, []], "labels": "all"}, True),
        ({"labels": {"masks": {"a": 1}}}, True),
        ({"labels": {"masks": ["a"]}}, False),
        # as the server writes it of a file that says nothing itself
        ({"uploaded": {"by": "ann", "at": "2024-05-01"}}, False),
    ],
)
def test_headers_of_strangers_hold_anything(registry: Registry, training: dict[str, Any], tells: bool) -> None:
    _model(registry, "v0001", training)
    _model(registry, "v0002", {"patients": ["a"]}, "v0001")
    assert "a" in _learned(registry, "v0002").patients
    assert _learned(registry, "v0002").whole == tells


def test_a_copy_of_the_shipped_model_tells_whom_it_has_learned_from(registry: Registry) -> None:
    registry.folder.mkdir(exist_ok=True)
    shutil.copyfile(SHIPPED, registry.folder / "v0001.safetensors")
    patients, whole = _learned(registry, "v0001")
    assert whole
    assert patient_of("010_HC") in patients


@pytest.mark.parametrize("parent", ["v0002", "v0099", "damaged"])
def test_a_line_that_cannot_be_followed_is_not_whole(registry: Registry, parent: str) -> None:
    _model(registry, "v0001", {"patients": ["a"]}, "v0002")
    _model(registry, "v0002", {"patients": ["b"]}, "v0001" if parent == "v0002" else parent)
    if parent == "damaged":
        (registry.folder / "v0002.safetensors").write_bytes(b"torn")
    assert _learned(registry, "v0001") == ({"a"} if parent == "damaged" else {"a", "b"}, False)
    with pytest.raises(ValueError, match=r"from itself|is not there|is no model file"):
        list(line(registry.version("v0001"), registry))
