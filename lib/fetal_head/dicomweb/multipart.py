"""Several things in one answer: RFC 2387."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from uuid import uuid4

from pydicom.uid import ExplicitVRLittleEndian


def multipart(kind: str, parts: Iterable[bytes]) -> tuple[str, Iterator[bytes]]:
    """The content type of an answer of parts that are all of one kind and Explicit VR Little Endian, and its body."""
    boundary = uuid4().hex
    return f'multipart/related; type="{kind}"; boundary={boundary}', _body(kind, parts, boundary)


def single(kind: str) -> str:
    """The content type of one of them."""
    return f"{kind}; transfer-syntax={ExplicitVRLittleEndian}"


def _body(kind: str, parts: Iterable[bytes], boundary: str) -> Iterator[bytes]:
    for part in parts:
        yield f"--{boundary}\r\nContent-Type: {single(kind)}\r\nContent-Length: {len(part)}\r\n\r\n".encode()
        yield part
        yield b"\r\n"
    yield f"--{boundary}--\r\n".encode()
