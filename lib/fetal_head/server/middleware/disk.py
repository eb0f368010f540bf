"""What the disk says is told as what it is, whatever was being written."""

from __future__ import annotations

from fastapi import FastAPI, Request
from starlette.responses import JSONResponse

from fetal_head.store.errors import StoreError, disk_told


def install_disk(application: FastAPI) -> None:
    """Answers 507 when a disk is full, and 503 when nothing can be written on it; any other such error stays what it is."""
    application.add_exception_handler(OSError, _told)


def _told(_: Request, error: Exception) -> JSONResponse:
    try:
        with disk_told("the server's folder"):
            raise error
    except StoreError as told:
        return JSONResponse({"detail": told.detail}, told.status_code)
