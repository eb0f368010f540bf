"""A request to an ASGI application, without a server."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import anyio
from starlette.applications import Starlette
from starlette.types import ASGIApp, Message


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def detail(self) -> str:
        """The sentence of an error."""
        return str(json.loads(self.body)["detail"])


def ask(
    app: ASGIApp,
    method: str = "GET",
    path: str = "/",
    *,
    client: str | None = "127.0.0.1",
    headers: dict[str, str] | None = None,
    body: Sequence[bytes] = (b"",),
    query: str = "",
    application: Starlette | None = None,
) -> Answer:
    """Sends a request whose body comes in parts."""
    scope: dict[str, Any] = {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": query.encode(),
        "headers": [(k.encode(), v.encode()) for k, v in {"host": "localhost:8000", **(headers or {})}.items()],
        "client": (client, 1234) if client else None,
        "app": application or Starlette(),
    }
    parts, sent = list(body), []

    async def receive() -> Message:
        if not parts:
            # until the client goes away
            await anyio.sleep_forever()
        part = parts.pop(0)
        return {"type": "http.request", "body": part, "more_body": bool(parts)}

    async def send(message: Message) -> None:
        sent.append(message)

    async def play() -> None:
        await app(scope, receive, send)

    anyio.run(play)
    start, *bodies = sent
    told = {key.decode(): value.decode() for key, value in start["headers"]}
    return Answer(start["status"], told, b"".join(message.get("body", b"") for message in bodies))
