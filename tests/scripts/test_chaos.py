"""Short trials of scripts/chaos.py: the same as the long ones, with few kills."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from serving import ROOT

pytestmark = pytest.mark.slow


def _chaos(to: Path, *arguments: str) -> dict[str, Any]:
    command = [sys.executable, str(ROOT / "scripts/chaos.py"), *arguments, "--to", str(to)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return dict(json.loads(to.read_text()))


def test_no_acknowledged_label_is_lost_when_the_server_is_killed(tmp_path: Path) -> None:
    found = _chaos(tmp_path / "found.json", "server", "--kills", "3")
    assert found["wrong"] == []
    assert found["kills"] == 3
    assert found["acknowledged"] > 0


def test_a_killed_training_leaves_whole_models(tmp_path: Path) -> None:
    found = _chaos(tmp_path / "found.json", "training", "--kills", "3")
    assert found["wrong"] == []
    assert sum(found["kills"].values()) == 3


def test_clients_at_once_lose_nothing_and_are_never_given_the_same_image(tmp_path: Path) -> None:
    found = _chaos(tmp_path / "found.json", "load", "--submissions", "40")
    assert found["wrong"] == []
    assert found["submit"]["n"] == 40
