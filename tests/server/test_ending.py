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


def test_a_server_whose_port_is_taken_ends_with_the_sentence(tmp_path: Path) -> None:
    app = tmp_path / "app"
    app.mkdir()
    shutil.copy(ROOT / "apps/fetal_head/main.py", app)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        command = [str(Path(sys.executable).with_name("monailabel")), "start_server", "--app", str(app)]
        command += ["--studies", str(_study(tmp_path)), "--host", "127.0.0.1", "--port", str(taken.getsockname()[1])]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, env=environment(), check=False)
    told = done.stdout + done.stderr
    assert "address already in use" in told
    assert "terminate called" not in told
    assert done.returncode in (1, 3)


def test_a_server_that_scores_is_interrupted_without_being_aborted(tmp_path: Path) -> None:
    with serving(_study(tmp_path), tmp_path) as server:
        server.predict("i3")
        os.kill(server.pid, signal.SIGINT)
        _, status = os.waitpid(server.pid, 0)
    assert os.WTERMSIG(status) == signal.SIGTERM
    assert "terminate called" not in server.log.read_text()
