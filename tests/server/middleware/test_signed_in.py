"""What is kept of a request before it is known who sends it."""

from __future__ import annotations

from asgi import Answer, ask
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fetal_head.server.login.identity import NOTHING, SignInError, User
from fetal_head.server.middleware.limits import BodyLimit
from fetal_head.server.middleware.signed_in import SignedIn

MEGABYTE = b"x" * 1_000_000


class _OneToken:
    challenges = ("Bearer",)
    client_id = realm = None

    def user(self, scheme: str, credentials: str, address: str) -> User:
        if (scheme, credentials) != ("bearer", "good"):
            raise SignInError(NOTHING)
        return User("ann", "annotator")

    def token(self, name: str, password: str, address: str) -> str:
        raise NotImplementedError


class _Study:
    """Counts what it is given to read."""

    def __init__(self) -> None:
        self.read = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        self.read += len(await request.body())
        await PlainTextResponse(getattr(request.state, "user", User("nobody")).name)(scope, receive, send)


def _send(app: ASGIApp, method: str, path: str = "/datastore/label", token: str = "", login: _OneToken | None = None) -> Answer:
    application = Starlette()
    application.state.login = login
    headers = {"content-type": "multipart/form-data; boundary=b", "authorization": token}
    return ask(app, method, path, headers=headers, body=[MEGABYTE] * 3, application=application)


def test_nothing_is_kept_of_somebody_unknown() -> None:
    for method in ("POST", "PUT", "PATCH", "DELETE", "NONSENSE"):
        for token in ("", "Bearer bad", "Basic good"):
            study = _Study()
            answer = _send(SignedIn(study), method, token=token, login=_OneToken())
            assert (answer.status, answer.detail, answer.headers["www-authenticate"]) == (401, NOTHING, "Bearer")
            assert study.read == 0


def test_who_has_signed_in_is_found_out_once() -> None:
    study = _Study()
    answer = _send(SignedIn(study), "PUT", token="Bearer good", login=_OneToken())
    assert (answer.status, answer.body, study.read) == (200, b"ann", 3 * len(MEGABYTE))


def test_without_a_login_everybody_may() -> None:
    assert _send(SignedIn(_Study()), "PUT").status == 200


def test_all_of_the_body_is_taken_so_that_the_client_sees_the_answer() -> None:
    taken = []

    async def counting(scope: Scope, receive: Receive, send: Send) -> None:
        async def counted() -> Message:
            message = await receive()
            taken.append(len(message["body"]))
            return message

        await SignedIn(_Study())(scope, counted, send)

    assert _send(counting, "PUT", login=_OneToken()).status == 401
    assert sum(taken) == 3 * len(MEGABYTE)


def test_who_asks_for_a_token_brings_no_files() -> None:
    study = _Study()
    limited = Starlette()
    limited.mount("/", BodyLimit(study, upload_megabytes=100))
    assert _send(SignedIn(limited), "POST", "/auth/token", login=_OneToken()).status == 413
    assert study.read == 0
