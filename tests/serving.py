"""A real server process of the app, and the real client of the Slicer plugin."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

ROOT = Path(__file__).resolve().parents[1]
PLUGIN = Path(sys.prefix) / "monailabel" / "plugins" / "slicer" / "MONAILabel"


@dataclass(frozen=True)
class Server:
    """A running server: where it listens, its folders, its log and its process."""

    url: str
    studies: Path
    app: Path
    log: Path
    pid: int

    def client(self) -> Any:
        """The client that 3D Slicer uses, from the installed wheel."""
        sys.path.insert(0, str(PLUGIN))
        try:
            from MONAILabelLib.client import MONAILabelClient
        finally:
            sys.path.remove(str(PLUGIN))
        return MONAILabelClient(self.url, tmpdir=str(self.log.parent), client_id="tests")

    def predict(self, image: str, extension: str = ".nrrd") -> tuple[Path, dict[str, Any]]:
        """The file of a prediction and what is told with it, as 3D Slicer asks for them."""
        wanted = {"result_extension": extension, "result_dtype": "uint8"}
        path, params = self.client().infer("fetal_head", image, wanted)
        return Path(path), params

    def wait_for_training(self, seconds: float = 300) -> dict[str, Any]:
        """The status of the last training once it has ended."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            status = requests.get(f"{self.url}/train/", timeout=60).json()
            if status.get("status") not in ("SUBMITTED", "RUNNING"):
                return dict(status)
            time.sleep(0.5)
        raise AssertionError(f"the training has not ended after {seconds} s:\n{self.log.read_text()[-4000:]}")


@contextmanager
def serving(
    studies: Path | str,
    folder: Path,
    *,
    conf: dict[str, str] | None = None,
    by: str = "monailabel start_server",
    port: int | None = None,
) -> Iterator[Server]:
    """Runs a server over `studies`, a folder or the address of a PACS, on a port of this machine, by default a free one.

    The app is copied into `folder`, so that what the server publishes and logs stays out of the repository.
    """
    app = folder / "app"
    if not app.exists():
        app.mkdir(parents=True)
        shutil.copy(ROOT / "apps" / "fetal_head" / "main.py", app)
    log = folder / "server.log"
    port = port or free_port()
    script, action = by.split()
    command = [str(Path(sys.executable).with_name(script)), action, "--app", str(app), "--studies", str(studies)]
    command += ["--host", "127.0.0.1", "--port", str(port)]
    for key, value in (conf or {}).items():
        command += ["--conf", key, value]
    with log.open("ab") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, cwd=folder, env=environment())
    server = Server(f"http://127.0.0.1:{port}", Path(studies), app, log, process.pid)
    try:
        _wait_until_up(server, process)
        yield server
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()


def environment() -> dict[str, str]:
    """The environment of an activated virtual environment: the `monailabel` script takes `python` from the path."""
    return {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_up(server: Server, process: subprocess.Popen[bytes]) -> None:
    for _ in range(480):
        if process.poll() is not None:
            break
        try:
            # one with a login answers 401
            if requests.get(f"{server.url}/info/", timeout=30).status_code in (200, 401):
                return
        except requests.ConnectionError:
            time.sleep(0.25)
    raise AssertionError(f"the server does not answer:\n{server.log.read_text()[-4000:]}")
