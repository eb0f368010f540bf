"""A study folder over DICOMweb: to be read, without names, and known to the rest of the server."""

from __future__ import annotations

import pytest
from asking import ask
from dicomweb_asking import FILES, NAMES, WEB, path_of, uids

from serving import Server

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
@pytest.mark.parametrize("path", ["/studies", "/studies/1.2", "/studies/1.2/series/1.3/instances/1.4"])
def test_it_is_read_only(dicomweb: Server, method: str, path: str) -> None:
    assert ask(dicomweb, method, f"{WEB}{path}", data=b"x").status_code == 405


def test_no_name_leaves_it(dicomweb: Server) -> None:
    texts = [ask(dicomweb, "GET", f"{WEB}/{level}?includefield=all").text for level in ("studies", "series", "instances")]
    for image in FILES:
        path = path_of(dicomweb, image)
        texts += [ask(dicomweb, "GET", f"{path}{what}").content.decode("latin-1") for what in ("", "/metadata")]
    assert [name for name in NAMES if any(name in text for text in texts)] == []
    assert [name for name in NAMES - {"Known", "Wide", "Made"} if name in dicomweb.log.read_text()] == []


def test_the_next_sample_says_where_it_is(dicomweb: Server) -> None:
    told = ask(dicomweb, "POST", "/activelearning/first", json={}).json()
    identifiers = (told["StudyInstanceUID"], told["SeriesInstanceUID"], told["SOPInstanceUID"])
    assert identifiers == uids(dicomweb, told["id"])
    by_series = ask(dicomweb, "GET", f"/datastore/image/dicom?series={identifiers[1]}").json()
    assert by_series["image"] == told["id"]
    assert ask(dicomweb, "GET", "/datastore/image/dicom?image=nobody").status_code == 404
    assert ask(dicomweb, "GET", "/datastore/image/dicom").status_code == 404
