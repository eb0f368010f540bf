"""What a search asks for is understood, refused, or said to be ignored; never misread."""

from __future__ import annotations

import time
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fetal_head.dicomweb.query import MOST, Query, read_query


def query(**params: str) -> Query:
    return read_query(params.items())


def test_attributes_by_keyword_or_tag() -> None:
    assert query(PatientID="a*").wanted == query(**{"00100020": "a*"}).wanted == {"PatientID": ("a*",)}
    assert query(StudyInstanceUID="1.2,1.3").wanted == query(StudyInstanceUID="1.2\\1.3").wanted
    assert query(PatientID="", PatientName="*").wanted == {}


def test_pages() -> None:
    assert (query().limit, query().offset) == (MOST, 0)
    assert (query(limit="7", offset="3").limit, query(limit="7", offset="3").offset) == (7, 3)
    assert query(limit=str(10 * MOST)).limit == MOST


@pytest.mark.parametrize(
    ("params", "is_void"),
    [
        ({"Modality": "US"}, False),
        ({"ModalitiesInStudy": "US"}, False),
        ({"Modality": "U?"}, False),
        ({"Modality": "CT"}, True),
        ({"StudyDate": "20240101-20241231"}, True),
        ({"StudyDate": ""}, False),
        ({"AccessionNumber": "*"}, False),
        ({"AccessionNumber": "1"}, True),
        ({"InstanceNumber": "1"}, False),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.6.1,1.2"}, False),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.2"}, True),
    ],
)
def test_what_is_alike_in_all_images_needs_no_database(params: dict[str, str], is_void: bool) -> None:
    assert (query(**params).is_void, query(**params).wanted, query(**params).warnings) == (is_void, {}, [])


@pytest.mark.parametrize(
    "params",
    [
        {"limit": "-1"},
        {"limit": "x"},
        {"offset": "1.5"},
        {"offset": "9" * 40},
        {"colour": "blue"},
        {"99999999": "x"},
        {"fuzzymatching": "maybe"},
        {"StudyDate": "yesterday"},
        {"StudyTime": "12:30"},
        {"StudyInstanceUID": "1.2;DROP TABLE images"},
        {"includefield": "colour"},
        {"PatientID": "a" * 100_000},
        {"PatientName": "*a" * 30_000},
    ],
)
def test_what_is_no_search_is_refused(params: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=next(iter(params))[:4] + "|colour"):
        query(**params)


def test_an_attribute_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="twice"):
        read_query([("PatientID", "a"), ("00100020", "b")])


def test_what_is_not_heeded_is_said() -> None:
    found = query(fuzzymatching="true", PatientWeight="3", **{"RequestAttributesSequence.ScheduledProcedureStepID": "1"})
    assert len(found.warnings) == 2
    assert "fuzzymatching" in found.warnings[0]
    assert "PatientWeight, RequestAttributesSequence" in found.warnings[1]
    assert query(fuzzymatching="false").warnings == []


def test_fields() -> None:
    assert query(includefield="00081030,Modality").fields == {"StudyDescription", "Modality"}
    assert query(includefield="all").fields == {"all"}


@given(st.lists(st.tuples(st.text(max_size=30), st.text(max_size=30)), max_size=5))
def test_anything_is_a_search_or_refused(params: list[tuple[str, str]]) -> None:
    with suppress(ValueError):
        assert read_query(params).limit <= MOST


def test_no_pattern_takes_long() -> None:
    started = time.thread_time()
    assert query(SOPClassUID="1.2").is_void
    assert query(Modality="*?" * 200 + "x").is_void
    assert query(AccessionNumber="*a" * 2000).is_void
    assert time.thread_time() - started < 2
