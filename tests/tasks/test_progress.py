"""What a training tells of itself is never taken for another's."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from fetal_head.learning.running import only_training
from fetal_head.tasks.progress import Progress

ELSEWHERE = """
import sys
from pathlib import Path
from fetal_head.learning.running import only_training
from fetal_head.tasks.progress import Progress
with only_training(Path(sys.argv[1])):
    if sys.argv[2:]:
        Progress(Path(sys.argv[1])).write({"epoch": int(sys.argv[2])})
    print("training", flush=True)
    sys.stdin.read()
"""


def test_a_running_training_tells_its_own_and_then_the_last_one_does(tmp_path: Path) -> None:
    progress = Progress(tmp_path)
    assert progress.read() == {}
    with only_training(tmp_path):
        assert progress.read() == {}
        progress.write({"epoch": 1})
        assert progress.read()["epoch"] == 1
    progress.write({"epoch": 2, "published": True})
    assert progress.read()["published"]


@pytest.mark.parametrize("told", [[], ["7"]], ids=["that tells nothing", "that tells"])
def test_a_training_elsewhere(tmp_path: Path, told: list[str]) -> None:
    progress = Progress(tmp_path)
    with only_training(tmp_path):
        progress.write({"epoch": 1})
    command = [sys.executable, "-c", ELSEWHERE, str(tmp_path), *told]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "training\n"
        assert progress.read().get("epoch") == (7 if told else None)
        other.communicate("")
    assert progress.read()["epoch"] == (7 if told else 1)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"epoch": 1}'])
def test_a_damaged_file_tells_nothing_of_a_running_training(tmp_path: Path, content: str) -> None:
    (tmp_path / "train_stats.json").write_text(content)
    with only_training(tmp_path):
        assert Progress(tmp_path).read() == {}


def test_what_is_told_of_a_training_that_fails_is_json(tmp_path: Path) -> None:
    progress = Progress(tmp_path)
    progress.write({"epoch": 1, "train": {"locator": float("nan"), "segmenter": float("inf")}, "eval": {"BRAIN": 0.5}})
    told = progress.read()
    assert (told["train"], told["eval"]) == ({"locator": None, "segmenter": None}, {"BRAIN": 0.5})
    json.dumps(told, allow_nan=False)
