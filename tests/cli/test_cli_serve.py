"""`fetal-head serve`: who is let in by the address that it listens on."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from command import Run

from fetal_head.cli import main, serve
from small_disks import small_disk_at


@pytest.mark.parametrize(
    ("options", "clients"),
    [
        ([], None),
        (["--host", "localhost"], None),
        (["--host", "::1"], None),
        (["--host", "0.0.0.0"], "any"),
        (["--host", "192.168.3.4"], "any"),
        (["--host", "0.0.0.0", "--conf", "clients", "loopback"], "loopback"),
    ],
)
def test_an_address_that_others_reach_lets_others_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: list[str], clients: str | None
) -> None:
    started: list[list[str]] = []
    monkeypatch.setattr(os, "execv", lambda _, command: started.append(command))
    monkeypatch.setattr(serve, "check_address", lambda *_: None)
    monkeypatch.setattr(sys, "argv", ["fetal-head", "serve", "--studies", str(tmp_path), *options])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code in (0, None)
    command = started[0]
    assert command[command.index("--host") + 1] == (options[1] if options else "127.0.0.1")
    assert ("clients" in command) == (clients is not None)
    assert clients is None or command[command.index("clients") + 1] == clients


def test_an_app_that_cannot_be_written_is_told_before_the_server_starts(
    tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "execv", lambda *_: pytest.fail("it starts"))
    with small_disk_at(tmp_path / "app", "1m") as app:
        (app / "main.py").touch()
        subprocess.run(["mount", "-o", "remount,ro", str(app)], check=True)
        told = run("serve", "--studies", tmp_path, status=1).stderr
    assert f"the app's folder {app} cannot be written" in told
    assert "Read-only file system" in told


def test_a_port_that_is_taken_is_told_before_the_server_starts(tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[list[str]] = []
    monkeypatch.setattr(os, "execv", lambda _, command: started.append(command))
    (tmp_path / "app").mkdir()
    (tmp_path / "app/main.py").touch()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        told = run("serve", "--studies", tmp_path, "--port", port, status=1).stderr
        assert f"cannot listen on port {port} of 127.0.0.1: give another --port" in told
        assert "Address already in use" in told
    assert "(Name or service not known)" in run("serve", "--studies", tmp_path, "--host", "nowhere.invalid", status=1).stderr
    assert not started
    run("serve", "--studies", tmp_path, "--port", port)
    assert len(started) == 1


def test_what_lies_in_the_place_of_the_models_is_told_before_the_server_starts(
    tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "execv", lambda *_: pytest.fail("it starts"))
    app = tmp_path / "app"
    app.mkdir()
    (app / "main.py").touch()
    (app / "model").touch()
    for command in (("serve", "--studies", tmp_path), ("models", "list"), ("models", "publish", "v0001")):
        assert f"{app / 'model'} is a file, where the app has the folder of its models" in run(*command, status=1).stderr
    (app / "model").unlink()
    (app / "model/fetal_head/current").mkdir(parents=True)
    for command in (("serve", "--studies", tmp_path), ("models", "list"), ("models", "rollback")):
        told = run(*command, status=1).stderr
        assert f"{app / 'model/fetal_head/current'} is a folder, where the app keeps a file" in told
        assert "move it away" in told


def test_an_app_without_its_program_and_a_port_that_is_none_are_refused(tmp_path: Path, run: Run) -> None:
    for port in (0, 65536):
        assert "Invalid value for '--port'" in run("serve", "--studies", tmp_path, "--port", port, status=2).stderr
    told = run("serve", "--studies", tmp_path, "--app", tmp_path / "empty", status=1).stderr
    assert f"{tmp_path / 'empty'} is no app, it has no main.py" in told


def test_a_server_is_interrupted_without_a_traceback_while_it_still_imports(tmp_path: Path) -> None:
    told = tmp_path / "log"
    with told.open("wb") as log, subprocess.Popen([sys.executable, "-m", "fetal_head.server.start"], stderr=log) as process:
        # what it imports first is there by then, and what takes seconds is not
        while not any("torch" in mapped.path for mapped in psutil.Process(process.pid).memory_maps()):
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == -signal.SIGINT
    assert told.read_text() == ""
