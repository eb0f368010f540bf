"""Whether the server lives, whether it can work, and what it does."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryFile

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse, Response
from monailabel.interfaces.app import MONAILabelApp
from prometheus_client import CONTENT_TYPE_LATEST

from fetal_head.model.registry import Registry
from fetal_head.pseudonym import without_file
from fetal_head.server.login.identity import requires
from fetal_head.server.metrics import Metrics

logger = logging.getLogger(__name__)
# a full disk still takes empty files
WRITTEN = 2**16


def health_routes(app: MONAILabelApp, registry: Registry, metrics: Metrics) -> APIRouter:
    """The routes of those who watch the server; health is no secret, figures are for users."""
    router = APIRouter(tags=["Health"])
    checks: dict[str, Callable[[], object]] = {
        # it is loaded from the start on, and a new one with the first prediction that it makes, which waits for it
        "model": lambda: registry.current().description,
        "database": app.datastore().status,
        "study folder": lambda: _write_in(app.datastore().store.layout.hidden),
    }

    @router.get("/healthz")
    def healthy() -> dict[str, str]:
        """Answers as long as the process lives."""
        return {"status": "ok"}

    @router.get("/readyz")
    def ready() -> JSONResponse:
        """Answers 200 when the model reads, the database answers and the study folder takes files; else 503 and what does not."""
        found = {name: _is_well(name, check) for name, check in checks.items()}
        is_ready = all(found.values())
        told = {"status": "ok" if is_ready else "not ready", **{name: "ok" if ok else "fails" for name, ok in found.items()}}
        return JSONResponse(told, 200 if is_ready else 503)

    @router.get("/metrics", dependencies=[Depends(requires("user"))])
    def figures() -> Response:
        """For Prometheus."""
        return Response(metrics.text(), media_type=CONTENT_TYPE_LATEST)

    return router


def _write_in(folder: Path) -> None:
    with TemporaryFile(dir=folder) as file:
        file.write(bytes(WRITTEN))


def _is_well(name: str, check: Callable[[], object]) -> bool:
    try:
        check()
    except (ValueError, OSError) as error:
        logger.error("not ready: the %s fails: %s", name, without_file(error))
        return False
    return True
