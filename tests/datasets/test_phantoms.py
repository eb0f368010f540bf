"""Processes that draw side by side, and what becomes of them when somebody breaks off."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from fetal_head.datasets.phantoms import in_processes


def _interrupted(number: int) -> int:
    os.kill(os.getpid(), signal.SIGINT)
    return number


def _slowly(path: Path) -> None:
    time.sleep(0.1)
    path.touch()


def test_an_interrupt_is_left_to_the_first_process() -> None:
    assert list(in_processes(_interrupted, range(3))) == [0, 1, 2]


def test_what_waits_is_not_begun_once_it_is_broken_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    drawn = in_processes(_slowly, [tmp_path / str(number) for number in range(32)])
    next(drawn)
    drawn.close()  # type: ignore[attr-defined]
    assert 1 <= len(list(tmp_path.iterdir())) < 16
