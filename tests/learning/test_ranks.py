"""Several processes that train together: what they may do, and what becomes of them when one dies."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from torch.utils.data import DataLoader

from fetal_head.learning import ranks

HERE = Path(__file__).parent


def _sum() -> float:
    """As with pictures for a GPU, processes of its own bring each rank its numbers."""
    numbers: DataLoader[torch.Tensor] = DataLoader([float(n) for n in range(4)], batch_size=2, num_workers=2)  # type: ignore[arg-type]
    return float(ranks.over_ranks(torch.stack([batch.sum() for batch in numbers])).sum())


def _die() -> None:
    os._exit(3)


def _wait_for_ever() -> None:
    time.sleep(600)


def wait_for_one_that_died() -> None:
    """A GPU does not notice that it waits for nobody."""
    ranks.in_ranks(2, _wait_for_ever, _die)


def wait_until_it_is_interrupted() -> None:
    """As at a terminal, whose Ctrl-C every process hears."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        ranks.in_ranks(2, _hear_it, _wait_for_ever)
    except KeyboardInterrupt:
        sys.exit(130)


def _hear_it() -> None:
    os.killpg(0, signal.SIGINT)
    _wait_for_ever()


def test_each_rank_may_have_processes_of_its_own() -> None:
    assert ranks.in_ranks(2, _sum, _sum) == 2 * (0 + 1 + 2 + 3)


def test_a_rank_that_dies_ends_the_training() -> None:
    with pytest.raises(ChildProcessError, match=r"process 1 of the 2 that train together has died \(exit code 3\)"):
        ranks.in_ranks(2, _sum, _die)
    assert ranks.in_ranks(2, _sum, _sum) == 12, "and the next one can start"


def test_nobody_waits_for_ever_for_a_rank_that_died() -> None:
    waiting = _run("wait_for_one_that_died")
    assert waiting.returncode == 1
    assert "has died (exit code 3)" in waiting.stderr


def test_an_interrupt_is_left_to_the_first_rank() -> None:
    interrupted = _run("wait_until_it_is_interrupted")
    assert interrupted.returncode == 130
    assert "Traceback" not in interrupted.stderr


def _run(name: str) -> subprocess.CompletedProcess[str]:
    """What one of the functions here does in a process of its own."""
    return subprocess.run(
        [sys.executable, "-c", f"import test_ranks; test_ranks.{name}()"],
        capture_output=True,
        text=True,
        timeout=120,
        start_new_session=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(HERE), *sys.path])},
    )
