"""How much a request may bring."""

from __future__ import annotations

import pytest
from asgi import Answer, ask
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from fetal_head.server.limits import BodyLimit

MEGABYTE = b"x" * 1_000_000
FILES = {"content-type": "multipart/form-data; boundary=b"}


async def _length(request: Request) -> PlainTextResponse:
    return PlainTextResponse(str(len(await request.body())))


def _send(megabytes: int, headers: dict[str, str]) -> Answer:
    app = BodyLimit(Starlette(routes=[Route("/", _length, methods=["POST"])]), upload_megabytes=3)
    return ask(app, "POST", headers=headers, body=[MEGABYTE] * megabytes)


@pytest.mark.parametrize("length", ["", "5", "999999999999", "-1", "many"])
def test_bytes_are_counted_whatever_their_number_is_said_to_be(length: str) -> None:
    said = {"content-length": length} if length else {}
    for kind, limit in ((FILES, 3), ({"content-type": "application/json"}, 1), ({}, 1)):
        answer = _send(limit + 1, {**kind, **said})
        assert (answer.status, answer.body) == (413, f"the request is larger than the {limit} MB that are accepted".encode())
        if length != "999999999999":
            answer = _send(limit, {**kind, **said})
            assert (answer.status, answer.body) == (200, str(limit * len(MEGABYTE)).encode())


def test_the_rest_is_taken_so_that_the_client_sees_the_answer() -> None:
    assert _send(40, FILES).status == 413
