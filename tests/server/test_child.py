"""A child of the server ends with it, however that ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

CHILD = """
import logging, sys, time
from pathlib import Path
time.sleep(float(sys.argv[2]))
from fetal_head.server.child import die_with_parent
die_with_parent()
Path(sys.argv[1]).write_text("watching")
while True:
    logging.error("as a training does, until nobody reads it any more")
    time.sleep(0.01)
"""

SERVER = """
import subprocess, sys, time
from fetal_head.server.child import announce_parent
if sys.argv[4] == "announced":
    announce_parent()
command = [sys.executable, "-c", sys.argv[1], sys.argv[2], sys.argv[3]]
child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
print(child.pid, flush=True)
while child.stdout.readline():
    pass
"""


def _start(folder: Path, seconds_before_it_watches: float = 0, announced: str = "announced") -> tuple[subprocess.Popen[str], int]:
    """A server and the id of its child."""
    command = [sys.executable, "-c", SERVER, CHILD, str(folder / "watching"), str(seconds_before_it_watches), announced]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    return server, int(server.stdout.readline())


def _wait_for(path: Path) -> None:
    end = time.monotonic() + 60
    while not path.exists():
        assert time.monotonic() < end
        time.sleep(0.05)


def _is_alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _lives(pid: int, seconds: float) -> bool:
    """Whether the process lives on for so long."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if not _is_alive(pid):
            return False
        time.sleep(0.05)
    return True


@pytest.mark.parametrize("by", [signal.SIGKILL, signal.SIGTERM])
@pytest.mark.parametrize("reaped", [True, False])
def test_the_child_of_a_killed_server_is_gone_within_two_seconds(tmp_path: Path, by: signal.Signals, reaped: bool) -> None:
    server, child = _start(tmp_path)
    _wait_for(tmp_path / "watching")
    assert _lives(child, 1.2), "it ends with its server, not before"
    server.send_signal(by)
    if reaped:
        server.wait(10)
    assert not _lives(child, 2)
    server.wait(10)


def test_a_server_that_dies_before_its_child_watches_takes_it_along(tmp_path: Path) -> None:
    server, child = _start(tmp_path, seconds_before_it_watches=1)
    server.kill()
    server.wait(10)
    assert not (tmp_path / "watching").exists()
    assert not _lives(child, 60)


def test_a_process_that_no_server_started_outlives_its_parent(tmp_path: Path) -> None:
    parent, child = _start(tmp_path, announced="silent")
    _wait_for(tmp_path / "watching")
    parent.kill()
    parent.wait(10)
    try:
        assert _lives(child, 2)
    finally:
        os.kill(child, signal.SIGKILL)
