"""Who may come in."""

from __future__ import annotations

import logging

import pytest
from asgi import ask
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse

from fetal_head.config import ServerSettings, load_settings
from fetal_head.server.middleware.border import Border

PAGE = "https://page.example"


def _settings(**changes: object) -> ServerSettings:
    return ServerSettings.model_validate({**load_settings().server.model_dump(), **changes})


def _status(settings: ServerSettings, *, login: bool = False, **request: object) -> int:
    application = Starlette()
    if login:
        application.state.login = object()
    return ask(Border(PlainTextResponse("in"), settings), application=application, **request).status  # type: ignore[arg-type]


@pytest.mark.parametrize("client", ["127.0.0.1", "127.8.0.3", "::1", "::ffff:127.0.0.1", None])
def test_this_machine_always_comes_in(client: str | None) -> None:
    assert _status(_settings(), client=client) == 200


@pytest.mark.parametrize("client", ["10.0.0.7", "2001:db8::1", "::ffff:10.0.0.7", "nonsense"])
def test_another_machine_comes_in_when_it_has_to_log_in_or_the_network_is_open(client: str) -> None:
    assert _status(_settings(), client=client) == 403
    assert _status(_settings(), client=client, login=True) == 200
    assert _status(_settings(clients="any"), client=client) == 200


def test_the_sentence_says_how_to_open_the_server() -> None:
    assert "--conf clients any" in ask(Border(PlainTextResponse("in"), _settings()), client="10.0.0.7").detail


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:8000", "127.0.0.1:8000", "192.168.3.4", "[::1]:8000", "heads.example:1"]
)
def test_hosts_that_are_ours(host: str) -> None:
    assert _status(_settings(allowed_hosts=["Heads.example"]), headers={"host": host}) == 200


@pytest.mark.parametrize(
    "host", ["heads.example", "localhost.evil.example:8000", "127.0.0.1.evil.example", "", "[::1", "a@localhost@b"]
)
def test_a_name_that_is_bound_to_this_machine_by_somebody_else_is_refused(host: str) -> None:
    assert _status(_settings(), headers={"host": host}) == 403
    # who has to log in has logged in under another name
    assert _status(_settings(), headers={"host": host}, login=True) == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "NONSENSE"])
@pytest.mark.parametrize("login", [True, False])
def test_pages_of_others_change_nothing(method: str, login: bool) -> None:
    for origin, status in {
        PAGE: 403,
        "null": 403,
        "http://localhost": 403,
        "http://localhost:8000.evil.example": 403,
        "http://[": 403,
        "http://[::1": 403,
        "http://localhost:8000": 200,
        "https://friend.example": 200,
    }.items():
        settings = _settings(cors_origins=["https://friend.example"])
        assert _status(settings, method=method, headers={"origin": origin}, login=login) == status, origin
    assert _status(_settings(), method=method) == 200


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_what_only_reads_may_come_from_any_page(method: str) -> None:
    assert _status(_settings(), method=method, headers={"origin": PAGE}) == 200


def test_the_first_stranger_at_an_open_server_is_told_of_once(caplog: pytest.LogCaptureFixture) -> None:
    border = Border(PlainTextResponse("in"), _settings(clients="any"))
    with caplog.at_level(logging.WARNING):
        for client in ("127.0.0.1", "10.0.0.7", "10.0.0.8"):
            ask(border, client=client)
    assert len(caplog.records) == 1
    assert "asks for no login" in caplog.text
