"""What a request says wrongly is told without being repeated."""

from __future__ import annotations

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.responses import JSONResponse


def install_validation(application: FastAPI) -> None:
    """Answers 422 as FastAPI does, less what came: that may be large, or no JSON can hold it."""
    application.add_exception_handler(RequestValidationError, _refused)


def _refused(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    return JSONResponse({"detail": [{key: found[key] for key in ("type", "loc", "msg")} for found in error.errors()]}, 422)
