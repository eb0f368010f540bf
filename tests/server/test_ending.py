"""However a server ends, it is not by being aborted."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from fetal_head.phantom import phantom
from pictures import write_picture
from serving import ROOT, environment, serving

pytestmark = pytest.mark.slow


def _study(folder: Path) -> Path:
    """Images that the server begins to score as soon as it is up."""
    (folder / "study").mkdir()
    for number in range(20):
        write_picture(folder / "study" / f"i{number}.png", phantom(number).image)
    return folder / "study"


def _refused(folder: Path, port: int) -> str:
    """What a server says that does not start."""
    app = folder / "app"
    app.mkdir()
    shutil.copy(ROOT / "apps/fetal_head/main.py", app)
    command = [str(Path(sys.executable).with_name("monailabel")), "start_server", "--app", str(app)]
    command += ["--studies", str(folder / "study"), "--host", "127.0.0.1", "--port", str(port)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, env=environment(), check=False)
    assert done.returncode in (1, 3)
    return done.stdout + done.stderr


def test_a_server_whose_port_is_taken_ends_with_the_sentence(tmp_path: Path) -> None:
    _study(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        told = _refused(tmp_path, taken.getsockname()[1])
    assert "address already in use" in told
    assert "terminate called" not in told


def test_a_server_with_a_damaged_database_ends_with_the_sentence(tmp_path: Path) -> None:
    (tmp_path / "study/.fetal_head").mkdir(parents=True)
    (tmp_path / "study/.fetal_head/store.sqlite").write_bytes(b"no database " * 300)
    told = _refused(tmp_path, 0)
    assert "the server does not start: the database" in told
    assert "fetal-head store rebuild" in told
    assert "Traceback" not in told


def test_a_server_that_scores_is_interrupted_without_being_aborted(tmp_path: Path) -> None:
    with serving(_study(tmp_path), tmp_path) as server:
        server.predict("i3")
        os.kill(server.pid, signal.SIGINT)
        _, status = os.waitpid(server.pid, 0)
    assert os.WTERMSIG(status) == signal.SIGTERM
    assert "terminate called" not in server.log.read_text()
