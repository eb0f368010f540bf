"""One training at a time in a folder, told by a lock that goes with its process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from fetal_head.learning.running import AlreadyTrainingError, Running, only_training, running

TRAINING = """
import sys, time
from pathlib import Path
from fetal_head.learning.running import only_training
with only_training(Path(sys.argv[1])):
    print("training", flush=True)
    time.sleep(600)
"""


@contextmanager
def _training_elsewhere(folder: Path) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen([sys.executable, "-c", TRAINING, str(folder)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            assert process.stdout.readline() == "training\n"
            yield process
        finally:
            process.kill()


def test_a_training_that_begins_is_not_taken_for_the_one_that_was_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with _training_elsewhere(tmp_path):
        pass
    told: list[Running | None] = []
    monkeypatch.setattr("fetal_head.learning.running.clear_strays", lambda folder: told.append(running(folder)))
    with only_training(tmp_path):
        told.append(running(tmp_path))
    assert [each and each.pid for each in told] == [None, os.getpid()]
    assert told[0] == Running(), "somebody trains, who has not said so yet"


def test_a_second_training_is_refused_and_told_of_the_first(tmp_path: Path) -> None:
    folder = tmp_path / "models"
    assert running(folder) is None
    assert not folder.exists(), "looking leaves no trace"
    with only_training(folder):
        told = running(folder)
        assert told is not None
        assert told.pid == os.getpid()
        assert told.started is not None
        assert abs(time.mktime(time.strptime(told.started, "%Y-%m-%d %H:%M:%S")) - time.time()) < 10
        with (
            pytest.raises(AlreadyTrainingError, match=f"in process {os.getpid()} since {told.started}") as refused,
            only_training(folder),
        ):
            pass
        assert refused.value.running == told
        with only_training(tmp_path / "of another app"):
            pass
    assert running(folder) is None


def test_a_training_that_fails_leaves_the_place(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), only_training(tmp_path):
        raise RuntimeError
    with only_training(tmp_path):
        assert running(tmp_path) is not None


def test_the_place_of_a_killed_training_is_free(tmp_path: Path) -> None:
    with _training_elsewhere(tmp_path) as process:
        assert running(tmp_path) is not None
        with pytest.raises(AlreadyTrainingError, match=f"process {process.pid}"), only_training(tmp_path):
            pass
        process.send_signal(signal.SIGKILL)
        process.wait(10)
        assert (tmp_path / "training.json").exists(), "what it left behind holds nobody up"
        assert running(tmp_path) is None
        with only_training(tmp_path):
            told = running(tmp_path)
            assert told is not None
            assert told.pid == os.getpid()


def test_who_only_looks_never_holds_a_training_up(tmp_path: Path) -> None:
    looker = "import sys; from pathlib import Path; from fetal_head.learning.running import running\nprint(flush=True)\n"
    looker += "while True: running(Path(sys.argv[1]))"
    (tmp_path / "training.lock").touch()
    with ExitStack() as stack:
        for _ in range(2):
            process = stack.enter_context(
                subprocess.Popen([sys.executable, "-c", looker, str(tmp_path)], stdout=subprocess.PIPE, text=True)
            )
            stack.callback(process.kill)
            assert process.stdout is not None
            process.stdout.readline()
        for _ in range(20):
            with only_training(tmp_path):
                pass


@pytest.mark.parametrize("content", ["", "{", "[]", '{"pid": 1, "colour": 2}'])
def test_a_damaged_note_of_who_trains_is_no_obstacle(tmp_path: Path, content: str) -> None:
    with only_training(tmp_path):
        (tmp_path / "training.json").write_text(content)
        assert running(tmp_path) == Running()
        with pytest.raises(AlreadyTrainingError, match="a training already runs: wait"), only_training(tmp_path):
            pass


def test_several_who_look_at_once_take_none_of_each_other_for_a_training(tmp_path: Path) -> None:
    with only_training(tmp_path):
        pass
    with ThreadPoolExecutor(8) as threads:
        assert set(threads.map(lambda _: running(tmp_path), range(1000))) == {None}
