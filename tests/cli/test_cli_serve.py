"""`fetal-head serve`: who is let in by the address that it listens on."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from fetal_head.cli import main


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
    monkeypatch.setattr(sys, "argv", ["fetal-head", "serve", "--studies", str(tmp_path), *options])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code in (0, None)
    command = started[0]
    assert command[command.index("--host") + 1] == (options[1] if options else "127.0.0.1")
    assert ("clients" in command) == (clients is not None)
    assert clients is None or command[command.index("clients") + 1] == clients
