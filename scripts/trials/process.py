"""A server process that is killed and started again."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import requests

from trials.forking import fork, has_ended, serve

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 300.0


class Server:
    """The app over a study folder, on a free port of this machine, in a process of its own."""

    def __init__(self, studies: Path, folder: Path) -> None:
        self._studies = studies
        self.app = folder / "app"
        self.app.mkdir(parents=True)
        shutil.copy(ROOT / "apps" / "fetal_head" / "main.py", self.app)
        self._log = folder / "server.log"
        self._process: psutil.Process | None = None
        self.url = ""

    def begin(self, forked: bool = False) -> None:
        """Starts the process; a forked one finds its imports done, and is in all else like one that was started anew."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        arguments = ["start_server", "--app", str(self.app), "--studies", str(self._studies)]
        arguments += ["--host", "127.0.0.1", "--port", str(port)]
        if forked:
            self._process = fork(serve, arguments, self._log)
            return
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        with self._log.open("ab") as log:
            command = [sys.executable, "-m", "fetal_head.server.start", *arguments]
            started = subprocess.Popen(command, stdout=log, stderr=log, cwd=self._log.parent, env={**os.environ, "PATH": path})
        self._process = psutil.Process(started.pid)

    def start(self, forked: bool = False) -> float:
        """Starts the process and returns after how many seconds it answered."""
        began = time.monotonic()
        self.begin(forked)
        assert self._process
        while not has_ended(self._process) and time.monotonic() - began < PATIENCE:
            try:
                if requests.get(f"{self.url}/info/", timeout=30).ok:
                    return time.monotonic() - began
            except requests.ConnectionError:
                time.sleep(0.05)
        raise SystemExit(f"the server does not answer:\n{self._log.read_text()[-4000:]}")

    @property
    def cpu_seconds(self) -> float:
        """What the process has computed so far: unlike the time that passes, the same on a machine that does other work too."""
        assert self._process
        times = self._process.cpu_times()
        return times.user + times.system

    def kill(self) -> None:
        """SIGKILL; returns once the process is gone."""
        if self._process and not has_ended(self._process):
            self._process.kill()
            while not has_ended(self._process):
                time.sleep(0.005)
