"""One hostile request, and what a server may answer to it."""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import quote, urlencode, urlsplit

REFUSED = frozenset(range(400, 500))
ACCEPTED = frozenset({200})
# harmless either way: what counts is that nothing breaks
EITHER = REFUSED | ACCEPTED
BOUNDARY = "8f3a1c5e7b"

# (field, file name or None, content); the name goes into the header as it is
Part = tuple[str, str | None, bytes]


@dataclass(frozen=True)
class File:
    """A hostile file: what it is called, what it holds, and whether it is an image, or a mask of the study's images."""

    name: str
    filename: str
    content: bytes
    image: frozenset[int] = REFUSED
    label: frozenset[int] | None = None


@dataclass(frozen=True)
class Attack:
    """A request, its path and query already encoded, and the statuses that are right."""

    name: str
    method: str
    target: str
    body: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    expected: frozenset[int] = REFUSED


def ask(url: str, attack: Attack, seconds: float = 60) -> tuple[int, bytes]:
    """Status and body of the answer. A request is sent as it is, which no friendlier client does."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=seconds)
    try:
        connection.putrequest(attack.method, attack.target)
        length = {} if attack.body is None else {"Content-Length": str(len(attack.body))}
        for name, value in {**length, **attack.headers}.items():
            connection.putheader(name, value)
        # refused before all of it was sent, it is answered all the same
        with suppress(BrokenPipeError, ConnectionResetError):
            connection.endheaders(attack.body)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def url(path: str, **query: object) -> str:
    """A path with its query encoded."""
    return f"{path}?{urlencode({k: str(v) for k, v in query.items()})}" if query else path


def within(path: str) -> str:
    """A text as one part of a path, whatever is in it."""
    return quote(path, safe="")


def multipart(parts: Sequence[Part], boundary: str = BOUNDARY) -> tuple[bytes, dict[str, str]]:
    """Body and headers of a form with files."""
    body = bytearray()
    for name, filename, content in parts:
        body += f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"'.encode()
        if filename is not None:
            body += f'; filename="{filename}"\r\nContent-Type: application/octet-stream'.encode("utf-8", "surrogateescape")
        body += b"\r\n\r\n" + content + b"\r\n"
    body += f"--{boundary}--\r\n".encode()
    return bytes(body), {"Content-Type": f"multipart/form-data; boundary={boundary}"}


def upload(name: str, target: str, parts: Sequence[Part], expected: frozenset[int], method: str = "PUT") -> Attack:
    """An attack that sends files."""
    body, headers = multipart(parts)
    return Attack(name, method, target, body, headers, expected)


def sends_json(name: str, target: str, content: object, expected: frozenset[int], method: str = "POST") -> Attack:
    """An attack that sends JSON: a value, or bytes as they are."""
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    return Attack(name, method, target, body, {"Content-Type": "application/json"}, expected)
