"""Nothing of a request is kept before it is known who sends it."""

from __future__ import annotations

from fastapi import HTTPException
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from fetal_head.server.login.identity import current_user
from fetal_head.server.middleware.border import READING, has_login
from fetal_head.server.middleware.limits import TOKEN_PATH, discard, path_of


class SignedIn:
    """Answers 401 to a change by somebody who has not signed in, before its files go onto the disk as they come."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Lets requests through that only read, those with a login, and the one that asks for it."""
        if scope["type"] != "http" or scope["method"] in READING or not has_login(scope["app"]) or path_of(scope) == TOKEN_PATH:
            return await self._app(scope, receive, send)
        try:
            await run_in_threadpool(current_user, Request(scope))
        except HTTPException as error:
            # a client that is cut off while it sends never sees the sentence
            await discard(receive)
            return await JSONResponse({"detail": error.detail}, error.status_code, error.headers)(scope, receive, send)
        return await self._app(scope, receive, send)
