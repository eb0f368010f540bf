"""Signing in to a real server whose users are kept with the study."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import jwt
import pytest
import requests

from fetal_head.config import load_settings
from fetal_head.store.store import Store
from fetal_head.store.users import add_user, find_user, fingerprint, remove_user, set_password, set_role, token_secret
from pictures import speckle, three_structures, write_itk, write_picture
from serving import Server, serving

pytestmark = pytest.mark.slow

PASSWORD = "correct horse"
ROLES = {"luc": "user", "ann": "annotator", "ben": "annotator", "rev": "reviewer", "eve": "annotator"}
# whoever knows the address may ask for these; all else takes a login
OPEN = {"/", "/docs", "/docs/{path}", "/openapi.json", "/favicon.ico", "/static", "/auth/", "/auth/token", "/healthz", "/readyz"}
# requests come from elsewhere as far as the server knows, which trusts a proxy on its own machine
_addresses = count(1)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    studies = tmp_path_factory.mktemp("studies")
    for number in range(4):
        write_picture(studies / f"i{number}.png", speckle(60, 90, seed=number))
    store = Store.open(studies, load_settings().store)
    for name, role in ROLES.items():
        add_user(store, name, role, PASSWORD)
    with serving(studies, tmp_path_factory.mktemp("server"), conf={"login": "users"}) as running:
        yield running


@pytest.fixture(scope="module")
def store(server: Server) -> Store:
    """The study's, in another process than the server, as `fetal-head users` has it."""
    return Store.open(server.studies, load_settings().store)


def _elsewhere() -> dict[str, str]:
    return {"X-Forwarded-For": f"10.0.0.{next(_addresses)}"}


def _get(server: Server, path: str = "/auth/token/valid", **how: Any) -> requests.Response:
    return requests.get(f"{server.url}{path}", timeout=60, **how)


def _ask_for_token(server: Server, name: str, password: str = PASSWORD, **how: Any) -> requests.Response:
    form = {"username": name, "password": password, "grant_type": "password"}
    return requests.post(f"{server.url}/auth/token", data=form, timeout=60, **how)


def _token(server: Server, name: str, password: str = PASSWORD) -> dict[str, str]:
    answer = _ask_for_token(server, name, password)
    assert answer.ok, answer.text
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


def _submit(server: Server, image: str, headers: dict[str, str], folder: Path) -> requests.Response:
    file = write_itk(folder / "mask.nrrd", three_structures(60, 90))
    url, params = f"{server.url}/datastore/label?image={image}", {"params": '{"client_id": "tests", "user": "somebody"}'}
    with file.open("rb") as content:
        return requests.put(url, data=params, files={"label": ("mask.nrrd", content)}, headers=headers, timeout=60)


def test_slicer_signs_in(server: Server) -> None:
    client = server.client()
    assert client.auth_enabled()
    assert not client.auth_valid_token()
    for name, password in (("ann", "battery staple"), ("nobody", PASSWORD)):
        with pytest.raises(Exception, match="the user name or the password is wrong") as refused:
            client.auth_token(name, password)
        assert refused.value.status_code == 401
    with pytest.raises(Exception, match="sign in first"):
        client.next_sample("first", {})
    client.update_auth(client.auth_token("ann", PASSWORD))
    assert client.auth_valid_token()
    assert client.next_sample("first", {})["id"]
    told = _get(server, headers=client._headers).json()
    assert (told["username"], told["roles"]) == ("ann", ["user", "annotator"])


def test_nothing_else_answers_without_credentials(server: Server) -> None:
    answered = []
    for path, methods in _get(server, "/openapi.json").json()["paths"].items():
        for method in methods.keys() & {"get", "put", "post", "patch", "delete", "head", "options"} if path not in OPEN else ():
            url = server.url + "/".join("x" if part.startswith("{") else part for part in path.split("/"))
            answer = requests.request(method, url, timeout=60, allow_redirects=False)
            if answer.status_code != 401:
                answered.append(f"{method.upper()} {path}: {answer.status_code}")
    assert answered == []


@pytest.mark.parametrize("path", ["/train/", "/reload"])
def test_nor_does_what_that_list_does_not_tell_of(server: Server, path: str) -> None:
    assert requests.post(server.url + path, timeout=60).status_code in (401, 404, 405)


def test_people_are_told_apart_by_their_login_alone(server: Server, tmp_path: Path) -> None:
    tokens, images = {name: _token(server, name) for name in ("ann", "ben")}, {}
    for name, token in tokens.items():
        said = {"client_id": "tests", "user": "ann"}
        images[name] = requests.post(f"{server.url}/activelearning/first", json=said, headers=token, timeout=60).json()["id"]
    assert images["ann"] != images["ben"]
    for name, token in tokens.items():
        assert _submit(server, images[name], token, tmp_path).ok
        (told,) = _get(server, f"/history/{images[name]}", headers=token).json()
        assert told["who"] == name, "not what the request says of itself"


def test_each_may_do_what_his_role_may(server: Server, tmp_path: Path) -> None:
    looker, annotator, reviewer = (_token(server, name) for name in ("luc", "ann", "rev"))
    judge, approved = f"{server.url}/history/i3/1/status", {"status": "approved"}
    refused = _submit(server, "i3", looker, tmp_path)
    assert (refused.status_code, refused.json()["detail"]) == (403, "this takes the role annotator; luc is user")
    assert _submit(server, "i3", annotator, tmp_path).ok
    for answer in (
        requests.post(judge, json=approved, headers=annotator, timeout=60),
        requests.post(f"{server.url}/train/fetal_head", headers=annotator, timeout=60),
        requests.post(f"{server.url}/train/fetal_head", headers=reviewer, timeout=60),
        requests.delete(f"{server.url}/train/", headers=annotator, timeout=60),
    ):
        assert answer.status_code == 403
        assert "this takes the role" in answer.json()["detail"]
    told = requests.post(judge, json=approved, headers=reviewer, timeout=60).json()
    assert (told["status"], told["reviewer"]) == ("approved", "rev")
    info, less = f"{server.url}/datastore/label/info?label=i3&tag=final", {"info": '{"annotated": ["CSP"]}'}
    assert requests.put(info, data=less, headers=annotator, timeout=60).status_code == 403
    assert requests.put(info, data=less, headers=reviewer, timeout=60).ok


def test_an_annotator_deletes_nothing(server: Server) -> None:
    annotator = _token(server, "ann")
    for path in ("/datastore/label?id=i3&tag=final", "/datastore/?id=i3"):
        answer = requests.delete(server.url + path, headers=annotator, timeout=60)
        assert (answer.status_code, "this takes the role" in answer.text) == (403, True), path


def test_only_who_opens_a_page_is_asked_by_his_browser(server: Server) -> None:
    alone, both = ["Bearer"], ["Bearer", 'Basic realm="fetal-head", charset="UTF-8"']
    for said, challenges in (
        ({"Accept": "application/json"}, alone),
        ({"Accept": "text/html,*/*"}, both),
        # what a page of ours asks for, with and without TLS
        ({"Sec-Fetch-Site": "same-origin"}, both),
        ({"Referer": f"{server.url}/ohif/"}, both),
        ({"Sec-Fetch-Site": "cross-site", "Referer": "https://elsewhere.example/ohif/"}, alone),
        ({"Referer": "http://[broken"}, alone),
    ):
        connection = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=60)
        connection.request("GET", "/history/i0", headers=said)
        assert connection.getresponse().headers.get_all("WWW-Authenticate") == challenges, said
    assert _get(server, auth=("ann", PASSWORD)).json()["username"] == "ann"
    for wrong in ("Basic", "Basic !", "Basic YW5u", "Bearer", "Bearer x", "Digest x", "nonsense"):
        assert _get(server, headers={"Authorization": wrong, **_elsewhere()}).status_code == 401


def test_a_form_in_another_charset_is_refused(server: Server) -> None:
    for kind in ("multipart/form-data; boundary=b", "application/x-www-form-urlencoded"):
        answer = _ask_for_token(server, "ann", headers={"Content-Type": f"{kind}; charset=unicode_escape", **_elsewhere()})
        assert (answer.status_code, "a form is in utf-8" in answer.json()["detail"]) == (415, True)
    assert _ask_for_token(server, "ann").ok


def test_a_wrong_name_is_like_a_wrong_password(server: Server) -> None:
    told, took = {}, {}
    for name in ("ann", "nobody", "a\0b"):
        times = []
        for _ in range(3):
            started = time.perf_counter()
            answer = _ask_for_token(server, name, "battery staple", headers=_elsewhere())
            times.append(time.perf_counter() - started)
            volatile = {key: value for key, value in answer.headers.items() if key != "date"}
            told[name] = (answer.status_code, answer.text, volatile)
        took[name] = min(times)
    assert told["ann"] == told["nobody"] == told["a\0b"]
    assert told["ann"][0] == 401
    assert min(took.values()) > 0.5 * took["ann"], took


def test_a_changed_or_removed_user_is_out_at_once(server: Server, store: Store) -> None:
    other = "battery staple"
    add_user(store, "max", "annotator", PASSWORD)
    for change, before, after, status in (
        (lambda: set_role(store, "max", "user"), PASSWORD, PASSWORD, 200),
        (lambda: set_password(store, "max", other), PASSWORD, other, 200),
        (lambda: (remove_user(store, "max"), add_user(store, "max", "user", other)), other, other, 200),
        (lambda: remove_user(store, "max"), other, other, 401),
    ):
        token = _token(server, "max", before)
        assert _get(server, headers=token).ok
        assert _get(server, auth=("max", before)).ok
        change()
        assert _get(server, headers=token).status_code == 401
        assert _get(server, auth=("max", after), headers=_elsewhere()).status_code == status
        if (before, status) != (after, 200):
            assert _get(server, auth=("max", before)).status_code == 401


def test_only_tokens_of_this_server_that_have_not_ended_count(server: Server, store: Store) -> None:
    ann = find_user(store, "ann")
    assert ann
    claims = {"sub": "ann", "exp": int(time.time()) + 60, "credentials": fingerprint(ann)}
    secret = token_secret(store)

    def status(said: dict[str, Any], key: str | None, algorithm: str) -> int:
        return _get(server, headers={"Authorization": f"Bearer {jwt.encode(said, key, algorithm)}"}).status_code

    assert status(claims, secret, "HS256") == 200
    assert status({**claims, "exp": int(time.time()) - 60}, secret, "HS256") == 401
    assert status({k: v for k, v in claims.items() if k != "exp"}, secret, "HS256") == 401
    assert status({k: v for k, v in claims.items() if k != "credentials"}, secret, "HS256") == 401
    assert status({**claims, "sub": "rev"}, secret, "HS256") == 401
    assert status(claims, secret[::-1], "HS256") == 401
    assert status(claims, secret, "HS512") == 401
    assert status(claims, None, "none") == 401
    lasts = jwt.decode(_token(server, "ann")["Authorization"].split()[1], secret, ["HS256"])["exp"] - time.time()
    assert 11.9 * 3600 < lasts <= 12 * 3600


def test_who_guesses_is_held_up_and_nobody_else(server: Server) -> None:
    token, home, away = _token(server, "eve"), _elsewhere(), _elsewhere()
    assert _get(server, auth=("eve", PASSWORD), headers=home).ok
    guesses = [_ask_for_token(server, "eve", f"guess {n}", headers=away).status_code for n in range(12)]
    assert guesses == [401] * 10 + [429] * 2
    refused = _ask_for_token(server, "eve", headers=away)
    assert refused.status_code == 429, "also with the right password"
    assert 0 < int(refused.headers["Retry-After"]) <= 900
    assert "try again in 15 minutes" in refused.json()["detail"]
    assert _ask_for_token(server, "ann", headers=away).status_code == 429, "the address"
    assert _get(server, auth=("ann", PASSWORD), headers=away).status_code == 429
    assert _ask_for_token(server, "eve", headers=_elsewhere()).status_code == 429, "the name"
    assert _ask_for_token(server, "ann", headers=_elsewhere()).ok
    assert _get(server, headers=token).ok
    assert _get(server, auth=("eve", PASSWORD), headers=home).ok, "who proved it there before"


def test_no_password_is_in_the_log_or_in_the_study(server: Server) -> None:
    _ask_for_token(server, "ann", "battery staple", headers=_elsewhere())
    assert "failed" in server.log.read_text()
    files = [server.log, *(path for path in server.studies.rglob("*") if path.is_file())]
    for path in files:
        content = path.read_bytes()
        assert PASSWORD.encode() not in content, path
        assert b"battery staple" not in content, path
    assert json.loads(_get(server, "/auth/").text) == {"enabled": True, "client_id": None, "realm": None}
