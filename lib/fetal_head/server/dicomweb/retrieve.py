"""Getting instances, their attributes, frames and pictures: WADO-RS."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import numpy as np
from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import Response, StreamingResponse
from numpy.typing import NDArray

from fetal_head.dicomweb.instance import Described, encoded, header
from fetal_head.dicomweb.media_types import MediaType
from fetal_head.dicomweb.multipart import multipart, single
from fetal_head.dicomweb.rendering import FORMATS, rendered
from fetal_head.server.dicomweb.answers import as_json, negotiated, new_router
from fetal_head.store.dicom.images import UnreadableError, described, pixels_of
from fetal_head.store.dicom.instances import Instances, Known
from fetal_head.store.errors import StoreError, not_read

DICOM, OCTETS = "application/dicom", "application/octet-stream"
ALONE_OR_AS_PART = {kind: (MediaType(kind, True, True), MediaType(kind, False, True)) for kind in (DICOM, OCTETS)}
PICTURES = tuple(MediaType(kind) for kind in FORMATS)
SERIES, INSTANCE = "/studies/{study}/series/{series}", "/studies/{study}/series/{series}/instances/{instance}"
FRAMES = re.compile(r"[0-9]{1,9}(,[0-9]{1,9}){0,99}")


def retrieve_routes(instances: Instances) -> APIRouter:
    """The routes that hand out the images of a study folder.

    Every one answers 404 for what is not there or is damaged, and 503 for what the system cannot read now.
    """
    router = new_router()

    @router.get("/studies/{study}/metadata")
    @router.get(f"{SERIES}/metadata")
    @router.get(f"{INSTANCE}/metadata")
    def metadata(request: Request) -> Response:
        """Everything but the pixels; 206 where some image cannot be read."""
        found, status = _readable(instances, request)
        return as_json(request, [header(image) for _, image in found], status=status)

    @router.get("/studies/{study}")
    @router.get(SERIES)
    def retrieve_many(request: Request) -> Response:
        """All instances; 206 where some image cannot be read."""
        negotiated(request, ALONE_OR_AS_PART[DICOM][:1])
        found, status = _readable(instances, request)
        kind, body = multipart(DICOM, _files(found))
        return StreamingResponse(body, status, media_type=kind)

    @router.get(INSTANCE)
    def retrieve_instance(request: Request) -> Response:
        """The instance, by itself or as the only part."""
        form = negotiated(request, ALONE_OR_AS_PART[DICOM])
        image = _one(instances, request)
        return _alone_or_as_part(form, _file(image))

    @router.get(f"{INSTANCE}/frames/{{frames}}")
    def retrieve_frames(frames: str, request: Request) -> Response:
        """The bare pixels."""
        form = negotiated(request, ALONE_OR_AS_PART[OCTETS])
        _check_frames(frames)
        return _alone_or_as_part(form, _pixels(_one(instances, request)).tobytes())

    @router.get(f"{INSTANCE}/rendered")
    @router.get(f"{INSTANCE}/frames/{{frames}}/rendered")
    def render(request: Request, frames: str = "1") -> Response:
        """A picture for any browser, with `window`, `viewport` and `quality` as the standard has them."""
        form = negotiated(request, PICTURES)
        _check_frames(frames)
        pixels = _pixels(_one(instances, request))
        try:
            return Response(rendered(pixels, form.name, request.query_params), media_type=form.name)
        except ValueError as error:
            raise HTTPException(400, str(error)) from error

    return router


def _found(instances: Instances, request: Request) -> list[Known]:
    columns = {"study": "study", "series": "series", "instance": "uid"}
    found = instances.find(**{columns[name]: uid for name, uid in request.path_params.items() if name in columns})
    if not found:
        raise HTTPException(404, "there is no such study, series or instance")
    return found


def _one(instances: Instances, request: Request) -> Known:
    return _found(instances, request)[0]


def _readable(instances: Instances, request: Request) -> tuple[list[tuple[Known, Described]], int]:
    """The images that are asked for and can be read, and the status that says whether these are all."""
    readable, errors = [], []
    for image in _found(instances, request):
        try:
            readable.append((image, described(image)))
        except UnreadableError as error:
            errors.append(error)
    if not readable:
        raise _refusal(errors[-1]) from errors[-1]
    return readable, 206 if errors else 200


def _files(images: Iterable[tuple[Known, Described]]) -> Iterator[bytes]:
    for known, image in images:
        try:
            yield encoded(image, pixels_of(known))
        except ValueError:
            # its header was well, and the answer has begun
            continue


def _file(known: Known) -> bytes:
    try:
        return encoded(described(known), pixels_of(known))
    except ValueError as error:
        raise _refusal(error) from error


def _pixels(known: Known) -> NDArray[np.uint8]:
    try:
        return pixels_of(known)
    except UnreadableError as error:
        raise _refusal(error) from error


def _refusal(error: ValueError) -> StoreError:
    return not_read(str(error), error, 404)


def _alone_or_as_part(form: MediaType, content: bytes) -> Response:
    if form.is_multipart:
        kind, body = multipart(form.name, [content])
        return Response(b"".join(body), media_type=kind)
    return Response(content, media_type=single(form.name))


def _check_frames(frames: str) -> None:
    if not FRAMES.fullmatch(frames):
        raise HTTPException(400, f"frames are numbers such as 1, not '{frames[:64]}'")
    numbers = [int(number) for number in frames.split(",")]
    if len(set(numbers)) < len(numbers):
        raise HTTPException(400, f"frames are asked for once each, not '{frames[:64]}'")
    if numbers != [1]:
        raise HTTPException(404, "the image has one frame, number 1")
