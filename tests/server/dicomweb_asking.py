"""Requests to a study folder over DICOMweb."""

from __future__ import annotations

from typing import Any

from asking import ask

from serving import Server

WEB = "/dicom-web"
FILES = {
    "Patient00001_a": ".png",
    "Patient00001_b": ".jpg",
    "Anna-Musterfrau": ".png",
    "Wide": ".png",
    "Known": ".nrrd",
    "Made": ".dcm",
}
NAMES = {*FILES, "Patient00001"}
DAMAGED = "Patient00002_damaged"
OCTETS = "multipart/related; type=application/octet-stream; transfer-syntax=*"


def uids(server: Server, image: str) -> tuple[str, str, str]:
    """Study, series and instance of an image."""
    told = ask(server, "GET", f"/datastore/image/dicom?image={image}").json()
    assert told["image"] == image
    return told["StudyInstanceUID"], told["SeriesInstanceUID"], told["SOPInstanceUID"]


def path_of(server: Server, image: str) -> str:
    """Where the instance of an image is."""
    study, series, instance = uids(server, image)
    return f"{WEB}/studies/{study}/series/{series}/instances/{instance}"


def found(server: Server, path: str) -> list[dict[str, Any]]:
    """The answers to a search."""
    answer = ask(server, "GET", f"{WEB}{path}")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/dicom+json"), answer.text
    return list(answer.json())


def value(one: dict[str, Any], tag: str) -> Any:
    """The first value of an attribute."""
    return one[tag]["Value"][0]
