"""Files that are sent as they were when they were asked for, whatever takes their place meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from io import FileIO
from mimetypes import guess_type
from os import fstat
from pathlib import Path
from urllib.parse import quote

from fastapi import HTTPException
from fastapi.responses import StreamingResponse

CHUNK = 2**20


def download(path: Path, name: str) -> StreamingResponse:
    """A file that whoever asks for it keeps under a name. Answers 404 when it is gone."""
    try:
        # what is open stays as it is when another one takes its place; Starlette tells the size of one and sends another
        file = FileIO(path)
    except FileNotFoundError as error:
        raise HTTPException(404, f"the file {name} is gone") from error
    quoted = quote(name)
    called = f'filename="{name}"' if quoted == name else f"filename*=utf-8''{quoted}"
    said = {"Content-Disposition": f"attachment; {called}", "Content-Length": str(fstat(file.fileno()).st_size)}
    return StreamingResponse(_parts(file), headers=said, media_type=guess_type(name)[0] or "application/octet-stream")


def _parts(file: FileIO) -> Iterator[bytes]:
    with file:
        yield from iter(lambda: file.read(CHUNK), b"")
