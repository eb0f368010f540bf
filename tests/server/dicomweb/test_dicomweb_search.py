"""A study folder, searched over DICOMweb."""

from __future__ import annotations

import pytest
from asking import ask
from dicomweb_asking import FILES, WEB, found, uids, value
from dicomweb_client import DICOMwebClient

from fetal_head.pseudonym import pseudonym
from serving import Server

pytestmark = pytest.mark.slow


def test_a_client_walks_from_studies_to_instances(dicomweb: Server, client: DICOMwebClient) -> None:
    reached = set()
    for study in client.search_for_studies():
        study_uid = value(study, "0020000D")
        all_series = client.search_for_series(study_uid)
        assert len(all_series) == value(study, "00201206")
        for series in all_series:
            (instance,) = client.search_for_instances(study_uid, value(series, "0020000E"))
            reached.add((study_uid, value(series, "0020000E"), value(instance, "00080018")))
    assert reached >= {uids(dicomweb, image) for image in FILES}
    assert len(reached) == len(FILES) + 2
    study, _, _ = uids(dicomweb, "Patient00001_a")
    assert study == uids(dicomweb, "Patient00001_b")[0]
    assert len(client.retrieve_study(study)) == 2
    assert len(client.retrieve_study_metadata(study)) == 2


def test_searches_are_counted_by_their_own_route(dicomweb: Server) -> None:
    found(dicomweb, "/studies")
    counted = ask(dicomweb, "GET", "/metrics").text
    assert 'route="/dicom-web/studies"' in counted
    assert 'route="/studies"' not in counted


def test_pages_are_the_whole_and_say_what_is_left(dicomweb: Server) -> None:
    for level, total in (("studies", 6), ("series", 8), ("instances", 8)):
        whole = found(dicomweb, f"/{level}")
        assert len(whole) == total
        paged = []
        for offset in range(0, total + 3, 3):
            answer = ask(dicomweb, "GET", f"{WEB}/{level}?limit=3&offset={offset}")
            paged += answer.json()
            left = max(0, total - offset - 3)
            assert (f"There are {left} additional results" in answer.headers.get("warning", "")) == (left > 0)
        assert paged == whole


def test_filters(dicomweb: Server) -> None:
    study, series, instance = uids(dicomweb, "Known")
    mine = pseudonym("Known")
    for query, count in (
        (f"StudyInstanceUID={study}", 1),
        (f"StudyInstanceUID={study},{uids(dicomweb, 'Wide')[0]}", 2),
        (f"0020000E={series}", 1),
        (f"SOPInstanceUID={instance}", 1),
        (f"PatientID={mine}", 1),
        (f"PatientName={mine.upper()[:6]}*", 1),
        (f"PatientName={mine}&Modality=US", 1),
        (f"PatientName={mine}&ModalitiesInStudy=CT", 0),
        ("StudyDate=20200101-", 0),
        ("PatientName=Known", 0),
        ("Modality=US&AccessionNumber=&limit=100", 6),
    ):
        assert len(found(dicomweb, f"/studies?{query}")) == count, query
    assert len(found(dicomweb, f"/studies/{study}/series?SeriesInstanceUID={series}")) == 1
    assert found(dicomweb, f"/studies/{study}/series?StudyInstanceUID=1.2") == []
    assert found(dicomweb, "/studies/1.2/series") == []


def test_fields_are_given_to_those_who_ask(dicomweb: Server) -> None:
    study, series, _ = uids(dicomweb, "Known")
    path = f"/studies/{study}/series/{series}/instances"
    (plain,), (asked,), (whole,) = (
        found(dicomweb, f"{path}{query}") for query in ("", "?includefield=PixelSpacing", "?includefield=all")
    )
    assert "00280030" not in plain
    assert asked["00280030"]["Value"] == [0.2, 0.15]
    assert plain.keys() < asked.keys() < whole.keys()
    assert (value(plain, "00280010"), value(plain, "00280011")) == (60, 90)
    assert ask(dicomweb, "GET", value(plain, "00081190").removeprefix(dicomweb.url)).ok


def test_what_is_not_heeded_is_said(dicomweb: Server) -> None:
    warning = ask(dicomweb, "GET", f"{WEB}/studies?fuzzymatching=true&PatientWeight=3").headers["warning"]
    assert "fuzzymatching" in warning
    assert "PatientWeight" in warning
    assert warning.startswith(f"299 {dicomweb.url}{WEB}: ")
