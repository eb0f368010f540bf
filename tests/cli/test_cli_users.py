"""`fetal-head users`: who may sign in."""

from __future__ import annotations

import io
import json
import os
import pty
import sys
from pathlib import Path

import pytest
from command import Run

from fetal_head.config import load_settings
from fetal_head.store.store import Store
from fetal_head.store.users import find_user, is_password
from serving import environment


@pytest.fixture(autouse=True)
def study(tmp_path: Path) -> Path:
    """An empty study folder, which nobody has opened yet."""
    (tmp_path / "study").mkdir()
    return tmp_path / "study"


def _type(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))


def _is_password(study: Path, name: str, password: str) -> bool:
    return is_password(find_user(Store.open(study, load_settings().store), name), password)


def test_users_are_added_listed_changed_and_removed(run: Run, study: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _type(monkeypatch, "correct horse\n")
    assert "ann may sign in as annotator" in run("users", "add", "ann", "--role", "annotator", "--studies", "study").stderr
    assert _is_password(study, "ann", "correct horse")
    _type(monkeypatch, " battery staple \r\n")
    run("users", "password", "ann", "--studies", "study")
    assert _is_password(study, "ann", " battery staple ")
    assert "ann is reviewer now" in run("users", "role", "ann", "reviewer", "--studies", "study").stderr
    assert json.loads(run("users", "list", "--studies", "study", "--json").stdout) == [{"name": "ann", "role": "reviewer"}]
    assert "reviewer" in run("users", "list", "--studies", "study").stdout
    run("users", "remove", "ann", "--studies", "study")
    assert json.loads(run("users", "list", "--studies", "study", "--json").stdout) == []


def test_bad_input_is_one_sentence(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for arguments, sentence in (
        (("add", "ann", "--role", "user", "--studies", "nowhere"), "there is no study folder nowhere"),
        (("add", "a/b", "--role", "user", "--studies", "study"), "the user name 'a/b' is not accepted"),
        (("remove", "ann", "--studies", "study"), "there is no user 'ann'"),
        (("role", "ann", "user", "--studies", "study"), "there is no user 'ann'"),
        (("list", "--studies", "study", "--conf", "login=some"), "the setting 'login' of configs/login.yaml"),
    ):
        _type(monkeypatch, "correct horse\n")
        assert sentence in run("users", *arguments, status=1).stderr
    _type(monkeypatch, "short\n")
    assert "at least 8 characters" in run("users", "add", "ann", "--role", "user", "--studies", "study", status=1).stderr
    assert "boss" in run("users", "add", "ann", "--role", "boss", "--studies", "study", status=2).stderr


def test_a_person_types_the_password_twice_and_does_not_see_it(study: Path) -> None:
    command = [
        str(Path(sys.executable).with_name("fetal-head")),
        "users",
        "add",
        "ann",
        "--role",
        "user",
        "--studies",
        str(study),
    ]
    child, terminal = pty.fork()
    if child == 0:
        os.execve(command[0], command, environment())
    shown = ""
    for typed in ("correct horse\n", "correct horsf\n", "correct horse\n", "correct horse\n"):
        shown += _read_until(terminal, ": ")
        os.write(terminal, typed.encode())
    shown += _read_until(terminal, "may sign in as user")
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    os.close(terminal)
    assert "do not match" in shown
    assert "hors" not in shown
    assert _is_password(study, "ann", "correct horse")


def _read_until(terminal: int, end: str) -> str:
    shown = ""
    while not shown.rstrip("\r\n").endswith(end):
        shown += os.read(terminal, 1024).decode()
    return shown
