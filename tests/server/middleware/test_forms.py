"""In which charset a form may come."""

from __future__ import annotations

import pytest
from asgi import Answer, ask
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from fetal_head.server.middleware.forms import Utf8Forms

MULTIPART, URLENCODED, JSON = "multipart/form-data; boundary=b", "application/x-www-form-urlencoded", "application/json"
BODY = '--b\r\nContent-Disposition: form-data; name="who"\r\n\r\nJörg\\ud800\r\n--b--\r\n'.encode()


class _Read:
    """Counts the forms that are read, and answers with what they say."""

    def __init__(self) -> None:
        self.forms = 0

    async def __call__(self, request: Request) -> PlainTextResponse:
        self.forms += 1
        form = await request.form()
        return PlainTextResponse(str(form.get("who")))


def _send(read: _Read, kind: str, body: bytes = BODY) -> Answer:
    app = Utf8Forms(Starlette(routes=[Route("/", read.__call__, methods=["POST"])]))
    return ask(app, "POST", headers={"content-type": kind}, body=[body[:30], body[30:]])


@pytest.mark.parametrize(
    "charset", ["", "; charset=utf-8", '; Charset="UTF-8"', "; charset=us-ascii", "; charset*=utf-8''punycode"]
)
def test_a_form_in_utf_8_is_read(charset: str) -> None:
    answer = _send(_Read(), MULTIPART + charset)
    assert answer.status == 200
    assert answer.body.decode().endswith("rg\\ud800"), "taken as it is"


@pytest.mark.parametrize("kind", [MULTIPART, "Multipart/Mixed; boundary=b", URLENCODED])
@pytest.mark.parametrize("charset", ["punycode", "unicode_escape", "utf-7", "UTF-16", "idna", "x" * 999, "", "\xff"])
def test_one_in_another_charset_is_not(kind: str, charset: str) -> None:
    read = _Read()
    answer = _send(read, f'{kind}; charset="{charset}"')
    assert (answer.status, "a form is in utf-8, not in" in answer.detail, len(answer.detail) < 120) == (415, True, True)
    assert read.forms == 0


def test_what_is_no_form_may_say_what_it_likes() -> None:
    assert _send(_Read(), f"{JSON}; charset=punycode").status == 200
