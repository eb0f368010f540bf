"""The way to a PACS that is slow or odd."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import Any

import anyio
import httpx
import pytest
from fastapi import FastAPI

from fetal_head.config import load_settings
from fetal_head.server.routes.pacs import pacs_routes

# of anyio: so many threads answer everything else
THREADS = 40


class _Slow(ThreadingHTTPServer):
    """Answers with the status that the path ends in, or, to others, when it is told to."""

    daemon_threads = True
    request_queue_size = 100

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked, self.go = 0, threading.Event()


class _Handler(BaseHTTPRequestHandler):
    server: _Slow

    def do_GET(self) -> None:
        self.server.asked += 1
        name = self.path.rsplit("/", 1)[-1]
        if not name.isdigit():
            self.server.go.wait(60)
        self.send_response(int(name) if name.isdigit() else 200)
        self.send_header("Content-Type", "application/dicom+json")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"[]")

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def _slow() -> Iterator[_Slow]:
    with _Slow() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.go.set()
        server.shutdown()


def _client(server: _Slow) -> httpx.AsyncClient:
    application = FastAPI()
    application.state.login = None
    app = SimpleNamespace(studies=f"http://127.0.0.1:{server.server_port}/dicom-web")
    application.include_router(pacs_routes(app, load_settings().pacs))
    application.get("/else")(lambda: "answered")
    return httpx.AsyncClient(transport=httpx.ASGITransport(application), base_url="http://localhost", timeout=60)


def test_a_slow_pacs_holds_up_nothing_else() -> None:
    statuses: list[int] = []
    meanwhile: list[int] = []

    async def play(server: _Slow) -> None:
        async with _client(server) as client:

            async def wait() -> None:
                statuses.append((await client.get("/proxy/dicom/studies")).status_code)

            async with anyio.create_task_group() as waiting:
                for _ in range(2 * THREADS):
                    waiting.start_soon(wait)
                while server.asked == 0:
                    await anyio.sleep(0.05)
                await anyio.sleep(0.5)
                with anyio.move_on_after(10):
                    meanwhile.append((await client.get("/else")).status_code)
                server.go.set()

    with _slow() as server:
        anyio.run(play, server)
    assert meanwhile == [200]
    assert statuses == [200] * 2 * THREADS


@pytest.mark.parametrize(
    ("path", "accept", "status"),
    [("200", b"*/*", 200), ("404", b"*/*", 404), ("799", b"*/*", 502), ("999", b"*/*", 502), ("200", b"\x85x", 400)],
)
def test_what_is_odd_is_answered(path: str, accept: bytes, status: int) -> None:
    async def play(server: _Slow) -> httpx.Response:
        async with _client(server) as client:
            return await client.get(f"/proxy/dicom/studies/{path}", headers=[(b"Accept", accept)])

    with _slow() as server:
        answer = anyio.run(play, server)
    assert answer.status_code == status, answer.text
    if answer.is_success:
        assert answer.json() == []
