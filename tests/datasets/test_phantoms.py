"""Processes that draw side by side, and what becomes of them when somebody breaks off."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from fetal_head.datasets.phantoms import in_processes


def _interrupted(number: int) -> int:
    os.kill(os.getpid(), signal.SIGINT)
    return number


def _draws(process: psutil.Process) -> bool:
    try:
        return "spawn_main" in " ".join(process.cmdline())
    except psutil.Error:  # it has ended by now
        return False


def _slowly(path: Path) -> None:
    time.sleep(0.1)
    path.touch()


def test_an_interrupt_is_left_to_the_first_process() -> None:
    assert list(in_processes(_interrupted, range(3))) == [0, 1, 2]


def test_an_interrupt_while_processes_begin_leaves_no_traceback(tmp_path: Path) -> None:
    # a shell's background job, which the tests may be, is deaf to Ctrl-C
    begin = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); from fetal_head.cli import main; main()"
    command = [sys.executable, "-c", begin, "phantom", "--count", "50", "--to", "study"]
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, start_new_session=True, text=True) as process:
        while not any(map(_draws, psutil.Process(process.pid).children())):
            time.sleep(0.01)
        # an interpreter that is up, and has not imported what draws yet
        time.sleep(0.3)
        os.killpg(process.pid, signal.SIGINT)
        assert "Traceback" not in process.communicate(timeout=60)[1]
    assert process.returncode == 130
    assert not (tmp_path / "study").exists() or not list((tmp_path / "study").iterdir())


@pytest.mark.parametrize("by", [signal.SIGTERM, signal.SIGKILL])
def test_processes_that_draw_end_with_the_first_one(tmp_path: Path, by: signal.Signals) -> None:
    command = [sys.executable, "-c", "from fetal_head.cli import main; main()", "phantom", "--count", "50", "--to", "study"]
    with subprocess.Popen(command, cwd=tmp_path) as first:
        while not list(tmp_path.glob("study/.import-*/*.png")):
            time.sleep(0.01)
        drawing = psutil.Process(first.pid).children()
        first.send_signal(by)
    _, left = psutil.wait_procs(drawing, timeout=20)
    for process in left:
        process.kill()
    assert not left


def test_what_waits_is_not_begun_once_it_is_broken_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    drawn = in_processes(_slowly, [tmp_path / str(number) for number in range(32)])
    next(drawn)
    drawn.close()  # type: ignore[attr-defined]
    assert 1 <= len(list(tmp_path.iterdir())) < 16
