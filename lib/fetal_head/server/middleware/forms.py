"""Forms are in UTF-8, whatever else Python could read them as."""

from __future__ import annotations

from python_multipart.multipart import parse_options_header
from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from fetal_head.server.middleware.limits import discard

FORMS = (b"multipart/", b"application/x-www-form-urlencoded")
CHARSETS = ("utf-8", "utf8", "us-ascii")


class Utf8Forms:
    """Answers 415 to a form in another charset, before any of it is read.

    Starlette reads it by whatever codec of Python is called so: one takes time in the square of the length, others give half
    characters that nothing can write.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Lets all else pass."""
        charset = _charset(scope) if scope["type"] == "http" else None
        if charset is None or charset.lower() in CHARSETS:
            return await self._app(scope, receive, send)
        # a client that is cut off while it sends never sees the sentence
        await discard(receive)
        sentence = f"a form is in utf-8, not in {charset[:40]!r}: send it so, and leave the charset out"
        return await JSONResponse({"detail": sentence}, 415)(scope, receive, send)


def _charset(scope: Scope) -> str | None:
    """What a form says that it is in; None for one that does not say it, and for what is none."""
    kind, options = parse_options_header(Headers(scope=scope).get("content-type"))
    said = options.get(b"charset")
    return said.decode("latin-1") if said is not None and kind.lower().startswith(FORMS) else None
