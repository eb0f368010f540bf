"""What every DICOM object of ours says of itself: who made it, with what, and when."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from typing import TypeVar

from pydicom.dataset import Dataset

from fetal_head import __version__
from fetal_head.uids import uid_of

NAME = "fetal-head"
MADE_BY = {
    "manufacturer": NAME,
    "manufacturer_model_name": NAME,
    "software_versions": __version__,
    "device_serial_number": __version__,
}
DEVICE = uid_of("device")
LONGEST_NAME, LONGEST_STRING = 62, 64

# PS3.3 C.12.1.1.8
OFFSET = re.compile(r"([+-])(\d\d)([0-5]\d)", re.ASCII)
WESTMOST, EASTMOST = timedelta(hours=-12), timedelta(hours=14)

T = TypeVar("T", bound=Dataset)


def person(who: str) -> str | None:
    """A user's name as DICOM writes names of people; None for nobody's."""
    name = re.sub(r"[\\^=\x00-\x1f\x7f]", " ", who).strip()[:LONGEST_NAME]
    return f"{name}^" if name else None


def string(text: str) -> str:
    """A text as DICOM's long strings (LO) may hold it."""
    return re.sub(r"[\\\x00-\x1f\x7f]", " ", text).strip()[:LONGEST_STRING]


def dated(made: T, at: datetime, source: Dataset) -> T:
    """The object with the time at which it came about, not that of the clock: made twice, it is the same to the byte.

    In DICOM one offset from UTC holds for all times of an object, also for those of the study, which are the source's. So it is
    the one that the source tells; where it tells none, all times stay local ones.

    Args:
        source: the header of the object that it was made of.
    """
    # whatever the source was written in, any name can be written in this one
    made.SpecificCharacterSet = "ISO_IR 192"
    zone = _zone_of(source)
    if zone is not None:
        at, made.TimezoneOffsetFromUTC = at.astimezone(zone), source.TimezoneOffsetFromUTC
    made.ContentDate = made.InstanceCreationDate = f"{at:%Y%m%d}"
    made.ContentTime = made.InstanceCreationTime = f"{at:%H%M%S}"
    return made


def _zone_of(source: Dataset) -> timezone | None:
    told = OFFSET.fullmatch(str(source.get("TimezoneOffsetFromUTC") or ""))
    if told is None:
        return None
    offset = timedelta(hours=int(told[1] + told[2]), minutes=int(told[1] + told[3]))
    return timezone(offset) if WESTMOST <= offset <= EASTMOST else None
