"""Signing in with the tokens of an OpenID provider."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import requests
from fastapi import Depends, FastAPI, HTTPException
from fastapi.testclient import TestClient
from monailabel.config import settings as upstream
from provider import EC_KEY, OTHER_KEY, Provider, providing, signed, signed_with_public_key

from fetal_head.config import load_settings
from fetal_head.server.login import provider as login_provider
from fetal_head.server.login.identity import SignInError, requires
from fetal_head.server.login.oidc import OidcLogin
from fetal_head.server.login.routes import install_login
from pictures import speckle, write_picture
from serving import serving


@pytest.fixture
def provider() -> Iterator[Provider]:
    with providing() as running:
        yield running


@pytest.fixture
def client(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> TestClient:
    """Of a small application with this login."""
    monkeypatch.setattr(upstream, "MONAI_LABEL_AUTH_REALM_URI", f"{provider.realm}/")
    return _client()


def _client() -> TestClient:
    application = FastAPI()
    application.include_router(install_login(SimpleNamespace(), application, load_settings({"login": "oidc"}).login))
    application.post("/approve", dependencies=[Depends(requires("reviewer"))])(lambda: "done")
    return TestClient(application)


def _status(client: TestClient, token: str) -> int:
    return client.get("/auth/token/valid", headers={"Authorization": f"bearer {token}"}).status_code


def test_only_valid_tokens_of_the_provider_count(client: TestClient, provider: Provider) -> None:
    past, claims = int(time.time()) - 3600, provider.claims()
    for status, what, token in (
        (200, "valid", signed(claims)),
        (200, "elliptic curves", signed(claims, EC_KEY, "ES256", "ec")),
        (200, "no client named, as by some providers", signed(provider.claims(azp=None))),
        (200, "for several clients", signed(provider.claims(azp="portal", aud=["account", "monailabel-app"]))),
        (200, "clocks that differ", signed(provider.claims(iat=int(time.time()) + 10))),
        (401, "for another client", signed(provider.claims(azp="portal"))),
        (401, "expired", signed(provider.claims(exp=past))),
        (401, "without an end", signed(provider.claims(exp=None))),
        (401, "not valid yet", signed(provider.claims(nbf=int(time.time()) + 3600))),
        (401, "another key", signed(claims, OTHER_KEY)),
        (401, "a key of nobody", signed(claims, OTHER_KEY, kid="other")),
        (401, "no key named", signed(claims, kid=None)),
        (401, "not signed", signed(claims, None, "none")),
        (401, "signed with the public key", signed_with_public_key(claims)),
        (401, "another algorithm", signed(claims, algorithm="RS512")),
        (401, "another issuer", signed(provider.claims(iss="http://127.0.0.1:1/realms/lab"))),
        (401, "without an issuer", signed(provider.claims(iss=None))),
        (401, "without a name", signed(provider.claims(name=""))),
        (401, "no token", "nonsense"),
        (403, "without a role", signed(provider.claims(roles=()))),
        (403, "without roles", signed(provider.claims(realm_access=None))),
        (403, "roles elsewhere", signed(provider.claims(roles=(), roles_of_client=["monailabel-admin"]))),
        (403, "roles in another shape", signed(provider.claims(realm_access=["monailabel-admin"]))),
    ):
        assert _status(client, token) == status, what
    assert client.get("/auth/token/valid").status_code == 401
    page = client.get("/auth/token/valid", headers={"Accept": "text/html", "Authorization": "Basic YW5uOng="})
    assert (page.status_code, page.headers["WWW-Authenticate"]) == (401, "Bearer")


def test_the_provider_is_not_asked_for_each_token(client: TestClient, provider: Provider) -> None:
    for _ in range(3):
        assert _status(client, signed(provider.claims())) == 200
        assert _status(client, signed(provider.claims(), OTHER_KEY, kid="other")) == 401
        assert _status(client, signed(provider.claims(), None, "none")) == 401
    assert provider.asked == ["/.well-known/openid-configuration", "/keys"]


def test_the_highest_role_counts(client: TestClient, provider: Provider) -> None:
    for roles, may, status in (
        (["monailabel-user"], ["user"], 403),
        (["monailabel-reviewer", "monailabel-user"], ["user", "annotator", "reviewer"], 200),
        (["monailabel-annotator", "monailabel-admin"], ["user", "annotator", "reviewer", "admin"], 200),
    ):
        headers = {"Authorization": f"Bearer {signed(provider.claims(roles=roles))}"}
        told = client.get("/auth/token/valid", headers=headers).json()
        assert (told["username"], told["roles"]) == ("ann", may)
        assert client.post("/approve", headers=headers).status_code == status


def test_names_and_roles_are_where_the_settings_say(
    client: TestClient, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upstream, "MONAI_LABEL_AUTH_TOKEN_USERNAME", "upn")
    monkeypatch.setattr(upstream, "MONAI_LABEL_AUTH_ROLE_ADMIN", "boss")
    for path, where in (
        ("groups", {"groups": "boss"}),
        ("groups", {"groups": ["boss"]}),
        ("resource_access#app#roles", {"resource_access": {"app": {"roles": ["boss"]}}}),
    ):
        monkeypatch.setattr(upstream, "MONAI_LABEL_AUTH_TOKEN_ROLES", path)
        token = signed(provider.claims(upn="ann@lab", realm_access=None, **where))
        told = client.get("/auth/token/valid", headers={"Authorization": f"Bearer {token}"}).json()
        assert (told["username"], told["roles"][-1]) == ("ann@lab", "admin")
    refused = client.get("/auth/token/valid", headers={"Authorization": f"Bearer {signed(provider.claims(upn='ann'))}"})
    assert refused.status_code == 403
    assert "the token of ann has none of the roles monailabel-user" in refused.json()["detail"]


def test_passwords_are_handed_on(client: TestClient, provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    told = client.get("/auth/").json()
    assert told == {"enabled": True, "client_id": "monailabel-app", "realm": f"{provider.realm}/"}
    given = client.post("/auth/token", data={"username": "ann", "password": "correct horse"}).json()
    assert given.keys() == {"access_token", "token_type"}
    assert _status(client, given["access_token"]) == 200
    wrong = {"username": "ann", "password": "battery staple"}
    answers = [client.post("/auth/token", data=wrong) for _ in range(11)]
    assert [answer.status_code for answer in answers] == [401] * 10 + [429]
    assert answers[0].json()["detail"] == "the user name or the password is wrong"
    assert provider.asked.count("/token") == 11
    monkeypatch.setattr(upstream, "MONAI_LABEL_AUTH_CLIENT_ID", "another")
    refused = _client().post("/auth/token", data=wrong)
    assert refused.status_code == 503
    assert "gives 'another' no token for a password (unauthorized_client)" in refused.json()["detail"]


def test_of_guesses_at_once_the_provider_hears_no_more_than_may_fail(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upstream, "MONAI_LABEL_AUTH_REALM_URI", provider.realm)
    login = OidcLogin()

    def guess(number: int) -> str:
        try:
            login.token("aNn" if number % 2 else "Ann", f"guess {number}", f"10.0.0.{number}")
        except (SignInError, HTTPException) as error:
            return type(error).__name__
        return "in"

    with ThreadPoolExecutor(24) as pool:
        said = list(pool.map(guess, range(24)))
    assert (said.count("SignInError"), said.count("HTTPException")) == (10, 14)
    assert provider.asked.count("/token") == 10


def test_who_is_right_or_gets_no_answer_has_not_failed(client: TestClient, provider: Provider) -> None:
    right, path = {"username": "ann", "password": "correct horse"}, "/token"
    for broken in ({}, {path: (500, b"")}, {}):
        provider.broken = broken
        answers = {client.post("/auth/token", data=right).status_code for _ in range(11)}
        assert answers == {503 if broken else 200}


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/.well-known/openid-configuration", (200, b"<html>")),
        ("/.well-known/openid-configuration", (200, b"[]")),
        ("/.well-known/openid-configuration", (200, b'{"issuer": "x", "jwks_uri": "file:///etc/passwd", "token_endpoint": "x"}')),
        ("/.well-known/openid-configuration", (404, b"{}")),
        ("/keys", (500, b"")),
        ("/keys", (200, b"<html>")),
        ("/keys", (200, b'{"keys": []}')),
        ("/token", (500, b"")),
        ("/token", (200, b"{}")),
        ("/token", (400, b"[]")),
        ("/token", (302, b"")),
    ],
)
def test_a_provider_that_answers_something_else_is_an_error_of_its_own(
    client: TestClient, provider: Provider, path: str, said: tuple[int, bytes]
) -> None:
    provider.broken[path] = said
    answer = client.post("/auth/token", data={"username": "ann", "password": "correct horse"})
    if path == "/keys":
        answer = client.get("/auth/token/valid", headers={"Authorization": f"Bearer {signed(provider.claims())}"})
    assert answer.status_code == 503
    assert f"the login provider {provider.realm} gives no answer that helps" in answer.json()["detail"]


def test_a_provider_that_is_away_and_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(login_provider, "LEFT_ALONE_SECONDS", 0.2)
    with providing() as provider:
        monkeypatch.setattr(upstream, "MONAI_LABEL_AUTH_REALM_URI", "http://127.0.0.1:1/realms/lab")
        client, token = _client(), signed(provider.claims())
        for _ in range(2):
            assert _status(client, token) == 503
            assert client.post("/auth/token", data={"username": "ann", "password": "x"}).status_code == 503
        monkeypatch.setattr(upstream, "MONAI_LABEL_AUTH_REALM_URI", provider.realm)
        client = _client()
        provider.broken["/keys"] = (500, b"")
        assert [_status(client, token) for _ in range(3)] == [503] * 3
        assert provider.asked.count("/keys") == 1, "it is left alone for a moment"
        provider.broken.clear()
        time.sleep(0.3)
        assert _status(client, token) == 200


@pytest.mark.slow
def test_the_switch_of_monai_label_works_on_a_real_server(provider: Provider, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("MONAI_LABEL_AUTH_ENABLE", "true")
    monkeypatch.setenv("MONAI_LABEL_AUTH_REALM_URI", provider.realm)
    (tmp_path / "studies").mkdir()
    write_picture(tmp_path / "studies" / "a.png", speckle(60, 90))
    with serving(tmp_path / "studies", tmp_path / "server") as server:
        client = server.client()
        assert client.auth_enabled()
        assert not client.auth_valid_token()
        client.update_auth(client.auth_token("ann", "correct horse"))
        assert client.auth_valid_token()
        assert client.next_sample("first", {})["id"] == "a"
        url = f"{server.url}/train/fetal_head"
        token = signed(provider.claims(roles=["monailabel-reviewer"]))
        assert requests.post(url, timeout=60).status_code == 401
        refused = requests.post(url, headers={"Authorization": f"Bearer {token}"}, timeout=60)
        assert (refused.status_code, refused.json()["detail"]) == (403, "this takes the role admin; ann is reviewer")
