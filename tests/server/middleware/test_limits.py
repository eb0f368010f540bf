"""How much a request may bring."""

from __future__ import annotations

import pytest
from asgi import Answer, ask
from asking import ask as ask_server
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from fetal_head.server.middleware.limits import TAKES_FILES, BodyLimit
from serving import Server

MEGABYTE = b"x" * 1_000_000
FILES = {"content-type": "multipart/form-data; boundary=b"}


async def _length(request: Request) -> PlainTextResponse:
    return PlainTextResponse(str(len(await request.body())))


def _send(megabytes: int, headers: dict[str, str], path: str = "/datastore/image") -> Answer:
    app = BodyLimit(Starlette(routes=[Route(path, _length, methods=["POST"])]), upload_megabytes=3)
    return ask(app, "POST", path, headers=headers, body=[MEGABYTE] * megabytes)


@pytest.mark.parametrize("length", ["", "5", "999999999999", "-1", "many"])
def test_bytes_are_counted_whatever_their_number_is_said_to_be(length: str) -> None:
    said = {"content-length": length} if length else {}
    for kind, limit in ((FILES, 3), ({"content-type": "application/json"}, 1), ({}, 1)):
        answer = _send(limit + 1, {**kind, **said})
        assert (answer.status, answer.body) == (413, f"the request is larger than the {limit} MB that are accepted".encode())
        if length != "999999999999":
            answer = _send(limit, {**kind, **said})
            assert (answer.status, answer.body) == (200, str(limit * len(MEGABYTE)).encode())


@pytest.mark.parametrize("path", ["/activelearning/first", "/datastore/image/info", "/auth/token", "/infer/wsi/fetal_head", "/"])
def test_what_takes_no_files_takes_no_more_for_saying_that_it_brings_some(path: str) -> None:
    assert _send(1, FILES, path).status == 200
    assert _send(2, FILES, path).status == 413


def test_the_rest_is_taken_so_that_the_client_sees_the_answer() -> None:
    assert _send(40, FILES).status == 413


@pytest.mark.slow
def test_the_paths_that_take_files_are_those_with_the_larger_limit(border: Server) -> None:
    told = ask_server(border, "GET", "/openapi.json").json()
    bodies = {name: str(schema) for name, schema in told["components"]["schemas"].items() if name.startswith("Body_")}
    takes = {name for name, schema in bodies.items() if "octet-stream" in schema or "binary" in schema}
    paths = {path: str(methods) for path, methods in told["paths"].items()}
    with_files = {path for path, methods in paths.items() if any(f"/{name}'" in methods for name in takes)}
    assert with_files == {"/datastore/image", "/datastore/label", "/session/", "/infer/{model}", "/model/{model}", "/biometry"}
    assert {path for path in paths if TAKES_FILES.fullmatch(path)} - with_files <= {"/datastore/", "/model/versions"}
