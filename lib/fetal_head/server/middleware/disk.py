"""What the disk says is told as what it is, whatever was being written."""

from __future__ import annotations

from tempfile import gettempdir

from fastapi import FastAPI, Request
from fastapi.exception_handlers import http_exception_handler
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from fetal_head.store.errors import StoreError, disk_told


def install_disk(application: FastAPI) -> None:
    """Answers 507 when a disk is full, and 503 when nothing can be written on it; any other such error stays what it is."""
    application.add_exception_handler(OSError, _while_working)
    application.add_exception_handler(HTTPException, _while_coming)


def _while_working(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, OSError)
    return _told(error, "the server's folder")


async def _while_coming(request: Request, error: Exception) -> Response:
    """FastAPI takes whatever goes wrong while a body comes for a mistake in it; a large file is put onto the disk meanwhile."""
    assert isinstance(error, HTTPException)
    cause = error.__cause__
    if error.status_code == 400 and isinstance(cause, OSError) and cause.errno is not None:
        return _told(cause, gettempdir())
    return await http_exception_handler(request, error)


def _told(error: OSError, folder: str) -> JSONResponse:
    try:
        with disk_told(folder):
            raise error
    except StoreError as told:
        return JSONResponse({"detail": told.detail}, told.status_code)
