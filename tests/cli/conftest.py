"""The command line, called as its entry point is."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from command import Done, Run

from fetal_head import cli


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs `fetal-head` with arguments, which must end with `status`; the models of this checkout stay out of it."""
    monkeypatch.setenv("COLUMNS", "250")
    monkeypatch.setenv("FETAL_HEAD_APP", str(tmp_path / "app"))
    monkeypatch.chdir(tmp_path)

    def call(*arguments: object, status: int = 0) -> Done:
        monkeypatch.setattr(sys, "argv", ["fetal-head", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            cli.main()
        printed = capsys.readouterr()
        assert ended.value.code == status, printed.err
        assert "Traceback" not in printed.err
        return Done(printed.out, printed.err)

    return call
