"""The server's log: a JSON object a line, and no name of a patient."""

from __future__ import annotations

import json
import logging
import os
import sys
from datetime import datetime, timezone
from pathlib import Path

from fastapi import APIRouter, Depends, HTTPException, Query
from fastapi.responses import PlainTextResponse
from monailabel.interfaces.app import MONAILabelApp

from fetal_head.pseudonym import quiet_dicom
from fetal_head.server.login.identity import requires

# they write whole requests and answers down, ids included; the second is upstream's child process
TALKATIVE = ("monailabel", "__main__", "timeloop", "dicomweb_client")
LARGEST_TAIL = 4_000_000


class JsonLines(logging.Formatter):
    """A record as one line: when, how bad, where, what, and the `facts` that it was given as `extra`."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        told = {
            "time": datetime.fromtimestamp(record.created, timezone.utc).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, "facts", {}),
        }
        if record.exc_info:
            told["trace"] = self.formatException(record.exc_info)
        return json.dumps(told, default=str)


def quiet_upstream() -> None:
    """From now on MONAI Label, and what it or we build on, write down only what goes wrong, once, and nobody's name."""
    logging.getLogger("uvicorn.error").addFilter(_say_why)
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
    quiet_dicom()


def _say_why(record: logging.LogRecord) -> bool:
    """Of a start that is refused uvicorn writes down the trace; the sentence at its end says what to do."""
    error = sys.exc_info()[1]
    if isinstance(error, ValueError) and record.getMessage().startswith("Traceback"):
        record.msg, record.args = f"the server does not start: {error}", None
    return True


def install_log() -> None:
    """Called in the server: whatever is logged, wherever to, is JSON; the access log is ours alone."""
    quiet_upstream()
    loggers = [logging.getLogger(name) for name in logging.root.manager.loggerDict]
    for handler in {handler for logger in (logging.root, *loggers) for handler in logger.handlers}:
        handler.setFormatter(JsonLines())
    # uvicorn's has the whole query, in which the ids of images are
    logging.getLogger("uvicorn.access").disabled = True


def log_routes(app: MONAILabelApp) -> APIRouter:
    """The route that shows admins the end of the log."""
    router = APIRouter(tags=["Others"], dependencies=[Depends(requires("admin"))])
    file = Path(app.app_dir) / "logs" / "app.log"

    @router.get("/logs/")
    def log(lines: int = Query(300, ge=1, le=10_000)) -> PlainTextResponse:
        """The last lines of the server's log file. Answers 404 where it writes none."""
        if not file.is_file():
            raise HTTPException(404, "this server writes no log file; look where it was started")
        return PlainTextResponse("\n".join(_tail(file, lines)))

    return router


def _tail(file: Path, lines: int) -> list[str]:
    with file.open("rb") as content:
        size = content.seek(0, os.SEEK_END)
        content.seek(max(0, size - LARGEST_TAIL))
        return content.read().decode("utf-8", errors="replace").splitlines()[-lines:]
