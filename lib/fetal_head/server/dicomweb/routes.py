"""The study folder over DICOMweb, to be read: a viewer of DICOM opens it as it opens an archive."""

from __future__ import annotations

from contextlib import suppress
from threading import Thread
from typing import Any

from fastapi import APIRouter, Depends, HTTPException

from fetal_head.dicomweb.uids import picture_in
from fetal_head.server.dicomweb.retrieve import retrieve_routes
from fetal_head.server.dicomweb.search import search_routes
from fetal_head.server.login.identity import requires
from fetal_head.store.dicom.instances import Instances, Known
from fetal_head.store.files.layout import Picture


def dicomweb_routes(instances: Instances) -> APIRouter:
    """The routes of DICOMweb over a study folder, and the one that tells which of its images is which there."""
    # who comes first need not wait for it
    Thread(target=instances.refresh, daemon=True).start()
    router = APIRouter(dependencies=[Depends(requires("user"))])
    router.include_router(search_routes(instances))
    router.include_router(retrieve_routes(instances))

    @router.get("/datastore/image/dicom", tags=["Datastore"])
    def identify(image: str = "", series: str = "") -> dict[str, str]:
        """An image by its id or by its SeriesInstanceUID, with both and its other identifiers.

        `place`, of the image itself, and `picture`, of what its file holds, are none of DICOM's: they stay when it is said to be
        another patient's, or its file is touched. Answers 404 for no such image, 503 while its file cannot be read.
        """
        for known in instances.find(**({"image": image} if image else {"series": series})):
            return {**_identifiers(known), "place": known.place, "picture": _picture_of(known, Picture(known.file, known.stamp))}
        raise HTTPException(404, "there is no such image")

    return router


def identifiers(instances: Instances, **of: str) -> dict[str, str]:
    """What a viewer of DICOM has to know of an image to open it; {} for none. See `Instances.find`."""
    for known in instances.find(**of):
        return _identifiers(known)
    return {}


def _picture_of(known: Known, file: Picture) -> str:
    """The identifier of the picture that the file of an image holds. Answers 503 where it cannot be read, or is just replaced."""
    with suppress(OSError):
        if digest := file.digest():
            return picture_in(known.place, digest)
    raise HTTPException(503, f"the file of the image '{known.image}' cannot be read, or is just replaced; try again in a moment")


def drawn_on(instances: Instances, image: str, picture: Any, instance: Any = None) -> Picture | None:
    """The picture that is told, by itself or as an instance; None for neither. Answers 409 when another one took its place.

    Answers 404 where the image of which it is told is not there.
    """
    for found in instances.find(image=image) if picture or instance else ():
        # of an instance as it is known: a file that took its place a moment ago was not taken in yet
        file = Picture.at(found.file) if picture else Picture(found.file, found.stamp)
        is_same = _picture_of(found, file) == picture if picture else found.uids.instance == instance
        if not is_same:
            raise HTTPException(409, "the image was replaced since this was drawn: load the page again, and draw on the new one")
        return file
    if picture or instance:
        raise HTTPException(404, f"there is no image '{image}'")
    return None


def check_seen(instances: Instances, image: str, picture: str) -> None:
    """Answers 409 when what is said of an image was said of another `picture` than it has now; an empty one tells nothing."""
    for found in instances.find(image=image) if picture else ():
        if _picture_of(found, Picture.at(found.file)) != picture:
            raise HTTPException(409, f"another picture is called '{image}' by now: load the page again, and look at that one")


def _identifiers(known: Known) -> dict[str, str]:
    study, series, instance = known.uids
    return {"image": known.image, "StudyInstanceUID": study, "SeriesInstanceUID": series, "SOPInstanceUID": instance}
