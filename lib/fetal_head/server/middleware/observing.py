"""Every request is counted, timed and logged, and an unexpected error is answered with a reference to the log."""

from __future__ import annotations

import logging
import os
import time
import traceback
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qsl
from uuid import uuid4

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fetal_head.pseudonym import nameless
from fetal_head.server.metrics import Metrics
from fetal_head.store.files.layout import HISTORY
from fetal_head.store.files.names import split_name

UNKNOWN = "-"

access = logging.getLogger("fetal_head.access")
logger = logging.getLogger(__name__)


class Observed:
    """Stands around everything else. What it logs of a request is the template of its route, never what was asked for."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers as the application does, or 500 when that fails."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        started, status = time.perf_counter(), 0

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, sending)
        except Exception as error:
            answer = {"detail": f"something went wrong; the server's log says what, under the reference {_logged(error, scope)}"}
            if not status:
                await JSONResponse(answer, 500)(scope, receive, sending)
        finally:
            self._tell(scope, status, time.perf_counter() - started)

    def _tell(self, scope: Scope, status: int, seconds: float) -> None:
        route, method = getattr(scope.get("route"), "path", UNKNOWN), scope["method"]
        self._metrics.count(route, method, status, seconds)
        user = scope.get("state", {}).get("user")
        facts = {
            "method": method,
            "route": route,
            "status": status,
            "milliseconds": round(1000 * seconds, 1),
            "who": getattr(user, "name", ""),
        }
        access.info("request", extra={"facts": facts})


def _logged(error: Exception, scope: Scope) -> str:
    """Writes an error down, with the names in the request's path and query and of files hashed, and returns its reference."""
    reference = uuid4().hex[:12]
    trace = "".join(traceback.format_exception(error))
    query = parse_qsl(scope.get("query_string", b"").decode("latin-1"))
    asked_for = [value for _, value in query] + [str(value) for value in scope.get("path_params", {}).values()]
    found = nameless(trace, [*asked_for, *_images_of(error)])
    logger.error("an unexpected error", extra={"facts": {"reference": reference, "trace": found}})
    return reference


def _images_of(error: BaseException | None) -> Iterator[str]:
    """The ids that the files have which an error, and those that led to it, are about."""
    while error is not None:
        for file in (error.filename, error.filename2) if isinstance(error, OSError) else ():
            if isinstance(file, str | bytes | os.PathLike):
                path = Path(os.fsdecode(file))
                yield split_name(path.name)[0]
                if path.parent.parent.name == HISTORY:
                    yield path.parent.name
        error = error.__cause__ or error.__context__
