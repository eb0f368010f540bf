"""How much a request may bring."""

from __future__ import annotations

import re

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MEGABYTE = 1_000_000
TEXT_MEGABYTES = 1
# whoever asks for a token has not signed in
TOKEN_PATH = "/auth/token"
# what takes files; all else keeps a body in memory, whatever it says that it is
TAKES_FILES = re.compile(r"/datastore/(image|label)?|/session/|/(infer|model)/[^/]+|/biometry")
# a client that is cut off while it sends never sees the sentence; one that sends on and on is cut off all the same
DISCARDED_MEGABYTES = 1_000


class BodyLimit:
    """Answers 413 to a body that is too large: of files, where they are taken, so much as `upload_megabytes` says, else 1 MB.

    Bytes are counted as they come, whatever the request says of its length. Starlette puts files onto the disk as they come.
    """

    def __init__(self, app: ASGIApp, upload_megabytes: int) -> None:
        self._app = app
        self._upload_megabytes = upload_megabytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Lets the body through as far as it may."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        headers = Headers(scope=scope)
        has_files = headers.get("content-type", "").lower().startswith("multipart/form-data")
        megabytes = self._upload_megabytes if has_files and TAKES_FILES.fullmatch(path_of(scope)) else TEXT_MEGABYTES
        declared = headers.get("content-length", "")
        is_too_large = declared.isdigit() and int(declared) > megabytes * MEGABYTE
        seen = 0

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if is_too_large or seen > megabytes * MEGABYTE:
                if message.get("more_body", False):
                    await discard(receive)
                raise HTTPException(413, f"the request is larger than the {megabytes} MB that are accepted")
            return message

        return await self._app(scope, counted, send)


def path_of(scope: Scope) -> str:
    """What is asked for, without what a proxy has put before it."""
    return str(scope["path"]).removeprefix(scope.get("root_path", ""))


async def discard(receive: Receive) -> None:
    """Takes what is left of a body, and keeps none of it."""
    left, more = DISCARDED_MEGABYTES * MEGABYTE, True
    while more and left > 0:
        message = await receive()
        left -= len(message.get("body", b""))
        more = message.get("more_body", False)
