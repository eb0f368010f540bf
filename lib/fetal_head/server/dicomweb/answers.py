"""What the routes of DICOMweb have in common: who is answered in which form."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import Response
from pydicom.dataset import Dataset

from fetal_head.dicomweb.media_types import MediaType, choose
from fetal_head.dicomweb.uids import UID

PREFIX = "/dicom-web"
JSON = (MediaType("application/dicom+json"), MediaType("application/json"))


def check_path(request: Request) -> None:
    """Answers 400 for a path in which something else stands where an identifier has to."""
    for name, value in request.path_params.items():
        if name in ("study", "series", "instance") and not UID.fullmatch(value):
            raise HTTPException(400, f"the {name} has to be a UID, not '{value[:64]}'")


def new_router() -> APIRouter:
    """For routes of the service, whose path parameters are checked."""
    # said of the router itself: a prefix that it only gets by being included is missing in the log and in /metrics
    return APIRouter(prefix=PREFIX, tags=["DICOMweb"], dependencies=[Depends(check_path)])


def root_of(request: Request) -> str:
    """The address of the service."""
    return f"{str(request.base_url).rstrip('/')}{PREFIX}"


def negotiated(request: Request, offered: Sequence[MediaType]) -> MediaType:
    """In which of the forms that are offered a client takes the answer. Answers 406 where it takes none."""
    # by the query, where a client cannot set headers
    accept = request.query_params.get("accept") or ", ".join(request.headers.getlist("accept"))
    chosen = choose(accept, offered)
    if chosen is None:
        forms = " or ".join(f'multipart/related; type="{one.name}"' if one.is_multipart else one.name for one in offered)
        raise HTTPException(406, f"this can be had as {forms}, uncompressed (1.2.840.10008.1.2.1)")
    return chosen


def as_json(
    request: Request, datasets: Sequence[Dataset], headers: Mapping[str, str] | None = None, status: int = 200
) -> Response:
    """The DICOM JSON of some datasets."""
    content = json.dumps([dataset.to_json_dict() for dataset in datasets]).encode()
    return Response(content, status, headers, negotiated(request, JSON).name)
