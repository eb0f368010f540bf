"""What a search asks for: DICOM PS3.18, 8.3.4, over the attributes that a study folder can tell."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from pydicom.datadict import dictionary_VR, keyword_for_tag, tag_for_keyword
from pydicom.uid import UltrasoundImageStorage

from fetal_head.dicomweb.uids import UID

# so many answers at a time
MOST = 1000
ALL = "all"
# a list of as many UIDs as there are answers
LONGEST = 65 * MOST
# SQLite takes patterns of 50,000 bytes, and a character can be six of them once its case is taken away
LONGEST_TEXT = 8_000
# no database counts further
LARGEST = 2**31 - 1

# what every image has alike, "" where nobody knows it, and so needs no database to be matched
ALIKE = {
    **dict.fromkeys(("StudyDate", "StudyTime", "AccessionNumber", "ReferringPhysicianName", "StudyID", "SeriesNumber"), ""),
    **dict.fromkeys(("PatientBirthDate", "PatientSex"), ""),
    "Modality": "US",
    "ModalitiesInStudy": "US",
    "SOPClassUID": str(UltrasoundImageStorage),
    "InstanceNumber": "1",
}
OWN = ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "PatientID", "PatientName")

_TAG = re.compile(r"[0-9A-Fa-f]{8}")
_DATE, _TIME = r"\d{8}", r"\d{2}(\d{2}(\d{2}(\.\d{1,6})?)?)?"
_RANGES = {vr: re.compile(rf"{one}|{one}-|-{one}|{one}-{one}") for vr, one in (("DA", _DATE), ("TM", _TIME))}


@dataclass
class Query:
    """One search.

    Attributes:
        wanted: by the keyword of an attribute in OWN the values of which one has to match, with `*` and `?` in names and ids.
        is_void: nothing can match.
        fields: keywords of what is asked for besides what every answer has.
        warnings: what was not heeded.
    """

    wanted: dict[str, tuple[str, ...]] = field(default_factory=dict)
    is_void: bool = False
    limit: int = MOST
    offset: int = 0
    fields: set[str] = field(default_factory=set)
    warnings: list[str] = field(default_factory=list)


def read_query(params: Iterable[tuple[str, str]]) -> Query:
    """The search that the parameters of a request describe. Raises ValueError for what is no such parameter or value."""
    query, ignored = Query(), []
    for name, value in params:
        if name in ("limit", "offset"):
            setattr(query, name, min(_number(name, value), MOST if name == "limit" else LARGEST))
        elif name == "includefield":
            query.fields.update(ALL if one == ALL else _keyword(one) for one in value.split(",") if one)
        elif name in ("fuzzymatching", "emptyvaluematching", "multiplevaluematching"):
            _read_switch(query, name, value)
        elif name != "accept":
            keyword = _keyword(name)
            if keyword in query.wanted:
                raise ValueError(f"{name} is asked for twice")
            if not _narrow(query, keyword, value):
                ignored.append(name)
    if ignored:
        query.warnings.append(f"The following attributes are not supported for matching and were ignored: {', '.join(ignored)}.")
    return query


def matches(pattern: str, value: str) -> bool:
    """Whether a value is what is asked for, with `*` for any characters and `?` for one."""
    return fnmatchcase(value, pattern.replace("[", "[[]"))


def _narrow(query: Query, keyword: str, value: str) -> bool:
    """Takes one attribute into the search; False for one that cannot be matched."""
    if keyword not in OWN and keyword not in ALIKE:
        return False
    vr = dictionary_VR(keyword)
    if not value.strip("*"):
        return True
    longest = LONGEST if vr == "UI" else LONGEST_TEXT
    if len(value) > longest:
        raise ValueError(f"{keyword} is asked for with {len(value)} characters; at most {longest} are accepted")
    if vr in _RANGES and not _RANGES[vr].fullmatch(value):
        raise ValueError(f"{keyword} is a date or time, or a range such as 20240101-20241231, not '{value[:64]}'")
    values = tuple(re.split(r"[,\\]", value)) if vr == "UI" else (value,)
    if vr == "UI" and not all(UID.fullmatch(one) for one in values):
        raise ValueError(f"{keyword} is a UID or a list of them, not '{value[:64]}'")
    if keyword in OWN:
        query.wanted[keyword] = values
    elif not any(matches(one, ALIKE[keyword]) for one in values):
        query.is_void = True
    return True


def _keyword(name: str) -> str:
    """The attribute that a keyword, a tag or a path of them names."""
    for part in name.split("."):
        if not (keyword_for_tag(int(part, 16)) if _TAG.fullmatch(part) else tag_for_keyword(part)):
            raise ValueError(f"'{name[:64]}' is no attribute of DICOM, nor a parameter of a search")
    return keyword_for_tag(int(name, 16)) if _TAG.fullmatch(name) else name


def _number(name: str, value: str) -> int:
    if not re.fullmatch(r"[0-9]{1,18}", value):
        raise ValueError(f"{name} is a number, not '{value[:64]}'")
    return int(value)


def _read_switch(query: Query, name: str, value: str) -> None:
    if value.lower() not in ("true", "false"):
        raise ValueError(f"{name} is true or false, not '{value[:64]}'")
    if value.lower() == "true":
        query.warnings.append(f"The {name} parameter is not supported. Only literal matching has been performed.")
