"""`fetal-head models`: which versions there are, what they are, and which one is served."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from command import Run

from fetal_head.model.network import Architecture
from fetal_head.model.registry import Registry
from fetal_head.model.weights import Description, save_weights

SMALL = Architecture((32, 32), (32, 32), "residual_unet", (4, 8), 1)
LABELS = {"count": 2, "digest": "d1gest", "masks": {"image7": "0123456789ab"}}
VERDICT = {"better": False, "reason": "surely worse in LV -0.0400", "against": "v0001"}


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Registry:
    """A registry with two versions on the way from the shipped one, the first of which is served."""
    torch.manual_seed(0)
    save_weights(tmp_path / "shipped.safetensors", SMALL.build(), Description(SMALL))
    monkeypatch.setattr("fetal_head.model.registry.SHIPPED", tmp_path / "shipped.safetensors")
    registry = Registry.of_app(tmp_path / "app")
    registry.add(SMALL.build(), Description(SMALL, parent="shipped", created="2024-05-01", metrics={"dice": {"LV": 0.5}}))
    registry.add(
        SMALL.build(), Description(SMALL, parent="v0001", training={"labels": LABELS, "seed": 3}, metrics={"verdict": VERDICT})
    )
    registry.publish("v0001")
    return registry


def test_list_tells_what_is_and_what_was_served(run: Run, registry: Registry) -> None:
    rows = json.loads(run("models", "list", "--json").stdout)
    assert [(row["version"], row["parent"], row["served"], row["published"]) for row in rows] == [
        ("shipped", None, False, True),
        ("v0001", "shipped", True, True),
        ("v0002", "v0001", False, False),
    ]
    (registry.folder / "v0003.safetensors").write_bytes(b"half")
    rows = [[cell.strip() for cell in line.split("│")] for line in run("models", "list").stdout.splitlines() if "│" in line]
    assert [row[1:3] for row in rows] == [["+", "shipped"], ["*", "v0001"], ["", "v0002"], ["", "v0003"]]
    assert "LV 0.500" in rows[1]
    assert "surely worse in LV -0.0400" in rows[2]
    assert any("v0003.safetensors is no model file" in cell for cell in rows[3])


@pytest.mark.parametrize("said", [{"dice": [1]}, {"dice": {"LV": "x"}}, {"verdict": "x"}, {"verdict": {"reason": [1]}}])
def test_a_file_does_not_say_of_itself_what_the_registry_knows(run: Run, registry: Registry, said: dict[str, object]) -> None:
    metrics = {**said, "version": "shipped", "served": True, "published": True, "damaged": "x"}
    registry.add(SMALL.build(), Description(SMALL, metrics=metrics))
    row = json.loads(run("models", "list", "--json").stdout)[-1]
    assert (row["version"], row["served"], row["published"], row.get("damaged")) == ("v0003", False, False, None)
    assert "v0003" in run("models", "list").stdout


@pytest.mark.usefixtures("registry")
def test_show_tells_all_that_the_file_says(run: Run) -> None:
    told = json.loads(run("models", "show", "v0002", "--json").stdout)
    assert (told["version"], told["served"], told["parent"]) == ("v0002", False, "v0001")
    assert told["training"]["labels"] == LABELS
    assert told["metrics"]["verdict"] == VERDICT
    assert told["architecture"]["channels"] == [4, 8]
    text = run("models", "show", "v0002").stdout
    for line in (
        "training.labels.digest",
        "d1gest",
        "training.seed",
        "metrics.verdict.reason",
        "surely worse in LV",
        "v0002.safe",
    ):
        assert line in text
    assert "image7" not in text, "thousands of masks are for --json"


def test_publish_and_rollback(run: Run, registry: Registry) -> None:
    assert "version v0002 is served" in run("models", "publish", "v0002").stderr
    assert registry.current().name == "v0002"
    assert json.loads(run("models", "rollback", "--json").stdout) == {"served": "v0001"}
    assert "version shipped is served" in run("models", "rollback").stderr
    assert registry.current().name == "shipped"
    assert "nothing was served before 'shipped'" in run("models", "rollback", status=1).stderr


@pytest.mark.parametrize("command", ["show", "publish"])
def test_bad_input_is_one_sentence(run: Run, registry: Registry, command: str) -> None:
    assert (
        "no model version is called 'v0009'; there are shipped, v0001, v0002" in run("models", command, "v0009", status=1).stderr
    )
    (registry.folder / "v0002.safetensors").write_bytes(b"half")
    assert "v0002.safetensors is no model file of this app" in run("models", command, "v0002", status=1).stderr
    assert registry.current().name == "v0001"


def test_a_mistyped_app_is_not_answered_for_by_the_shipped_model(tmp_path: Path, run: Run) -> None:
    asked = (
        ("predict", "a.png", "--to", "out"),
        ("evaluate", "--images", ".", "--masks", ".", "--to", "out"),
        ("models", "list"),
    )
    for command in (*asked, ("models", "rollback"), ("models", "publish", "v0001")):
        assert f"there is no app's folder {tmp_path / 'ap'}" in run(*command, "--app", tmp_path / "ap", status=1).stderr
    assert not [*tmp_path.iterdir()]
