"""The PACS that the study is, for viewers: they ask this server, which shows it who it is and hands on the answer."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Iterator
from functools import partial

import requests
from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import StreamingResponse
from monailabel.interfaces.app import MONAILabelApp

from fetal_head.config import PacsSettings
from fetal_head.pacs.client import Pacs
from fetal_head.pacs.errors import PacsAwayError
from fetal_head.pacs.session import chunks
from fetal_head.pacs.study import is_pacs, pacs_url
from fetal_head.server.login.identity import requires

# what DICOMweb reads is below these; dots alone would lead elsewhere
RESOURCE = re.compile(r"(studies|series|instances)(/(?!\.+(/|$))[A-Za-z0-9._,-]+)*")
# viewers say which service they mean; the path says it too
SERVICES = ("qido/", "wado/")
# anything else, like a page with a program in it, would be taken for ours
KINDS = (
    "application/dicom",
    "application/json",
    "application/octet-stream",
    "multipart/related",
    "image/j",
    "image/png",
    "image/gif",
)
# a PACS that lets everybody wait must not take the threads in which all else is answered
AT_ONCE = 16


def pacs_routes(app: MONAILabelApp, settings: PacsSettings) -> APIRouter:
    """The route to the PACS; none where the study is a folder."""
    router = APIRouter(tags=["PACS"])
    if not is_pacs(app.studies):
        return router
    pacs = Pacs(pacs_url(app.studies), settings)
    limiter = CapacityLimiter(AT_ONCE)

    @router.get("/proxy/dicom/{path:path}", dependencies=[Depends(requires("user"))])
    async def ask(path: str, request: Request) -> StreamingResponse:
        """The answer of the PACS, and of no other server, to a search or a retrieval of DICOMweb."""
        resource = next((path.removeprefix(service) for service in SERVICES if path.startswith(service)), path)
        if not RESOURCE.fullmatch(resource):
            raise HTTPException(404, "this is no search and no retrieval of DICOMweb, like studies?PatientID=1")
        question = partial(pacs.ask, resource, request.url.query, request.headers.get("accept", "*/*"))
        answer = await to_thread.run_sync(_answer, question, limiter=limiter)
        parts = _as_they_come(chunks(answer, settings.pacs_megabytes), limiter)
        headers = {"X-Content-Type-Options": "nosniff"}
        return StreamingResponse(parts, answer.status_code, headers, answer.headers.get("Content-Type"))

    return router


def _answer(question: Callable[[], requests.Response]) -> requests.Response:
    """The answer, as far as it may be handed on. Answers 400 when nothing can be asked so, 502 for no answer or no DICOM."""
    try:
        answer = question()
    except PacsAwayError as error:
        raise HTTPException(502, str(error)) from error
    except requests.RequestException as error:
        raise HTTPException(
            400, "a PACS cannot be asked so: the Accept or the address has characters that belong to neither"
        ) from error
    kind = answer.headers.get("Content-Type", "")
    if not 200 <= answer.status_code < 600 or (kind and not kind.lower().startswith(KINDS)):
        answer.close()
        raise HTTPException(502, f"the PACS answers {answer.status_code} with {kind[:80] or 'nothing'}, which is no DICOM")
    return answer


async def _as_they_come(parts: Iterator[bytes], limiter: CapacityLimiter) -> AsyncIterator[bytes]:
    while part := await to_thread.run_sync(next, parts, b"", limiter=limiter):
        yield part
