"""The identifiers of an image in DICOM: always the same, and nobody else's."""

from __future__ import annotations

import re
from typing import NamedTuple
from uuid import UUID

from fetal_head.uids import ROOT, uid_in

UID = re.compile(r"[0-9.]{1,64}")
# no name holds it, so that no two lists of names look alike once they are put together
BETWEEN = "\0"


class Uids(NamedTuple):
    """Of the study, the series and the instance."""

    study: str
    series: str
    instance: str


def uids_of(folder: UUID, patient: str, image: str, size: int, mtime_ns: int) -> Uids:
    """The identifiers of an image: a study for each patient, a series for each image, an instance for each file of it.

    Viewers and archives keep an instance for ever, so a replaced file is another one, in the same series. An image that turns out
    to be another patient's is another series: DICOM knows no series in two studies.

    Args:
        folder: of the study folder, and known to nobody else: whoever knows a name could tell its identifiers otherwise.
        patient: whose image it is.
        image: its id in the study folder.
        size, mtime_ns: of its file.
    """
    return Uids(
        _uid(folder, "study", patient),
        _uid(folder, "series", patient, image),
        _uid(folder, "instance", patient, image, str(size), str(mtime_ns)),
    )


def frame_of_reference(series: str) -> str:
    """The identifier of the space that the image of a series lies in, which it shares with no other."""
    return _uid(_namespace(series), "frame of reference")


def place_of(folder: UUID, image: str) -> str:
    """The identifier of an image itself: it stays when the image turns out to be another patient's, or gets another picture."""
    return _uid(folder, "image", image)


def picture_in(place: str, digest: str) -> str:
    """The identifier of a picture as that of an image, by the SHA-256 of its file, which may be touched or written again."""
    return _uid(_namespace(place), digest)


def _namespace(uid: str) -> UUID:
    return UUID(int=int(uid.removeprefix(ROOT)))


def _uid(namespace: UUID, *parts: str) -> str:
    return uid_in(namespace, BETWEEN.join(parts))
