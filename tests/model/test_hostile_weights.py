"""Model files that are damaged or made to harm: refused with a sentence, executed never, and no memory is taken for them."""

from __future__ import annotations

import resource
from pathlib import Path

import pytest

from fetal_head.model.registry import Registry
from fetal_head.model.weights import load_weights
from hostile.models import model, model_files

FILES = dict(model_files())
MOST_MEMORY = 500_000_000


def test_what_they_are_made_from_is_a_model(tmp_path: Path) -> None:
    (tmp_path / "m.safetensors").write_bytes(model())
    assert load_weights(tmp_path / "m.safetensors")[1].parent is None


@pytest.mark.parametrize("name", FILES)
def test_hostile_models_are_refused(name: str, tmp_path: Path) -> None:
    path = tmp_path / "m.safetensors"
    path.write_bytes(FILES[name])
    before = _most_memory()
    with pytest.raises(ValueError, match=r"^m\.safetensors"):
        load_weights(path)
    assert _most_memory() - before < MOST_MEMORY
    assert not Path("/tmp/fetal-head-pwned").exists(), "a pickle was executed"


def test_a_registry_serves_what_is_whole(tmp_path: Path) -> None:
    for number, content in enumerate(FILES.values(), start=1):
        (tmp_path / f"v{number:04d}.safetensors").write_bytes(content)
    registry = Registry(tmp_path)
    for version in registry.versions()[1:]:
        with pytest.raises(ValueError, match=rf"{version.name}\.safetensors"):
            registry.publish(version.name)
    assert registry.current().name == "shipped"


def _most_memory() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
