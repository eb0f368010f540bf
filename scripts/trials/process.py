"""A server in a process of its own."""

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
APP = ROOT / "apps" / "fetal_head" / "main.py"
PATIENCE = 300.0


class Server:
    """An app over a study folder, on a free port of this machine; as a context, from its first answer until it is killed.

    Attributes:
        app: the app's folder, a new one with its models.
        url: where it answers since it was started last.
    """

    def __init__(self, studies: Path, folder: Path, main_py: Path = APP, module: str = "fetal_head.server.start") -> None:
        """`main_py`: the app, and `module`: what starts it; by default as `fetal-head serve` does it with ours."""
        self._studies = studies
        self._module = module
        self.app = folder / "app"
        self.app.mkdir(parents=True)
        shutil.copy(main_py, self.app)
        self._log = folder / "server.log"
        self._process: psutil.Process | None = None
        self.url = ""

    def __enter__(self) -> Server:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

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
            command = [sys.executable, "-m", self._module, *arguments]
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
        self.kill()
        raise SystemExit(f"the server does not answer:\n{self._log.read_text()[-4000:]}")

    @property
    def cpu_seconds(self) -> float:
        """What the process has computed so far: unlike the time that passes, the same on a machine that does other work too."""
        assert self._process
        times = self._process.cpu_times()
        return times.user + times.system

    @property
    def resident_bytes(self) -> int:
        """The memory of the process and of those that it started."""
        assert self._process
        return sum(process.memory_info().rss for process in (self._process, *self._process.children(recursive=True)))

    def kill(self) -> None:
        """SIGKILL; returns once the process is gone."""
        if self._process and not has_ended(self._process):
            self._process.kill()
            while not has_ended(self._process):
                time.sleep(0.005)
