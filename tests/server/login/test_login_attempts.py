"""What is counted, what is remembered, and for how long."""

from __future__ import annotations

import base64
import logging
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import pytest
from fastapi import FastAPI, HTTPException
from fastapi.testclient import TestClient

from fetal_head.config import load_settings
from fetal_head.server.login import users as login_users
from fetal_head.server.login.attempts import Attempts
from fetal_head.server.login.identity import SignInError, User
from fetal_head.server.login.routes import install_login
from fetal_head.server.login.users import UsersLogin
from fetal_head.store.store import Store
from fetal_head.store.users import add_user, is_password, set_password


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """An empty study."""
    return Store.open(tmp_path, load_settings().store)


@pytest.fixture
def checks(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every password that was checked the long way."""
    checked: list[str] = []
    monkeypatch.setattr(
        login_users, "is_password", lambda account, password: checked.append(password) or is_password(account, password)
    )
    return checked


def _basic(name: str, password: str, encoding: str = "utf-8") -> str:
    return base64.b64encode(f"{name}:{password}".encode(encoding)).decode()


def test_failures_count_for_a_quarter_of_an_hour() -> None:
    now = 0.0
    attempts = Attempts(lambda: now)
    for minute in range(10):
        now = 60.0 * minute
        attempts.refuse_too_many("ann")
        attempts.failed("ann", "10.0.0.1")
    for key, seconds in (("ann", 360.0), ("10.0.0.1", 360.0)):
        with pytest.raises(HTTPException) as refused:
            attempts.refuse_too_many("ben", key)
        assert (refused.value.status_code, refused.value.headers) == (429, {"Retry-After": f"{seconds:.0f}"})
    attempts.refuse_too_many("ben", "10.0.0.2")
    now = 15 * 60 + 1
    attempts.refuse_too_many("ann", "10.0.0.1")
    attempts.failed("ann")
    with pytest.raises(HTTPException):
        attempts.refuse_too_many("ann")
    now = 16 * 60 + 1
    attempts.refuse_too_many("ann")


def test_a_password_is_checked_once_in_a_while(store: Store, checks: list[str]) -> None:
    add_user(store, "ann", "user", "correct horse")
    login = UsersLogin(store, 12)
    right = _basic("ann", "correct horse")
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: login.user("basic", right, "10.0.0.1"), range(16)))
    assert found == [User("ann", "user")] * 16
    assert len(checks) == 1, "those that come at once wait for one check"
    login.token("ann", "correct horse", "10.0.0.1")
    assert len(checks) == 1
    login.user("basic", right, "10.0.0.2")
    assert len(checks) == 2, "elsewhere it is not remembered"
    assert b"correct horse" not in repr(vars(login)).encode()
    set_password(store, "ann", "battery staple")
    with pytest.raises(SignInError):
        login.user("basic", right, "10.0.0.1")


def test_guesses_at_once_are_counted_one_by_one(store: Store, checks: list[str]) -> None:
    add_user(store, "ann", "user", "correct horse")
    login = UsersLogin(store, 12)

    def guess(number: int) -> str:
        try:
            login.user("basic", _basic("ann", f"guess {number}"), f"10.0.0.{number}")
        except (SignInError, HTTPException) as error:
            return type(error).__name__
        return "in"

    with ThreadPoolExecutor(16) as pool:
        said = list(pool.map(guess, range(16)))
    assert (said.count("SignInError"), said.count("HTTPException")) == (10, 6)
    assert len(checks) == 10


def test_letters_beyond_ascii_are_read_as_clients_send_them(store: Store) -> None:
    add_user(store, "ann", "user", "Käsekuchen:5")
    login = UsersLogin(store, 12)
    for encoding in ("utf-8", "latin-1"):
        assert login.user("basic", _basic("ann", "Käsekuchen:5", encoding), encoding) == User("ann", "user")


def test_half_a_character_is_in_no_name_and_no_password(store: Store) -> None:
    add_user(store, "ann", "user", "correct horse")
    login = UsersLogin(store, 12)
    for name, password in (("\ud83d", "correct horse"), ("ann", "correct horse\ud83d")):
        with pytest.raises(SignInError, match="the user name or the password is wrong"):
            login.token(name, password, "10.0.0.1")


def test_the_settings_say_who_is_let_in(store: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    def installed(**conf: str) -> FastAPI:
        application = FastAPI()
        app = SimpleNamespace(datastore=lambda: SimpleNamespace(store=store))
        application.include_router(install_login(app, application, load_settings(conf).login))
        return application

    def login_of(**conf: str) -> object:
        return installed(**conf).state.login

    assert login_of() is None
    client = TestClient(installed())
    assert client.get("/auth/").json()["enabled"] is False
    assert client.get("/auth/token/valid").json()["roles"][-1] == "admin"
    given = client.post("/auth/token", data={"username": "ann", "password": "x"}).json()
    assert given == {"access_token": None, "token_type": None}
    with caplog.at_level(logging.WARNING):
        assert type(login_of(login="users")).__name__ == "UsersLogin"
    assert f"fetal-head users add NAME --role admin --studies {store.layout.folder}" in caplog.text
    caplog.clear()
    add_user(store, "ann", "user", "correct horse")
    login_of(login="users")
    assert caplog.text == ""
    monkeypatch.setattr("monailabel.config.settings.MONAI_LABEL_AUTH_ENABLE", True)
    assert {type(login_of(login=kind)).__name__ for kind in ("none", "users", "oidc")} == {"OidcLogin"}
