"""Images of a study folder, got over DICOMweb."""

from __future__ import annotations

import io
import json
import os
import time
from email import message_from_bytes, policy

import numpy as np
import pytest
import requests
from asking import ask
from dicomweb_asking import DAMAGED, FILES, OCTETS, WEB, found, path_of, uids, value
from dicomweb_client import DICOMwebClient
from numpy.testing import assert_array_equal
from PIL import Image
from pydicom import Dataset, dcmread

from fetal_head.imaging import read_image
from fetal_head.imaging.whole_numbers import eight_bits
from pictures import speckle, write_itk, write_picture
from serving import Server

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("image", FILES)
def test_a_client_reads_every_image_back(dicomweb: Server, client: DICOMwebClient, image: str) -> None:
    grey, geometry = read_image(dicomweb.studies / f"{image}{FILES[image]}")
    pixels = eight_bits(grey)
    identifiers = uids(dicomweb, image)
    instance = client.retrieve_instance(*identifiers)
    assert_array_equal(instance.pixel_array, pixels)
    (frame,) = client.retrieve_instance_frames(*identifiers, [1])
    assert_array_equal(np.frombuffer(frame, np.uint8).reshape(pixels.shape), pixels)
    picture = client.retrieve_instance_rendered(*identifiers, media_types=("image/png",))
    assert_array_equal(np.asarray(Image.open(io.BytesIO(picture))), pixels)
    metadata = Dataset.from_json(client.retrieve_instance_metadata(*identifiers))
    del instance.PixelData
    assert metadata.to_json_dict() == instance.to_json_dict()
    spacing = geometry.spacing or (1.0, 1.0)
    assert [float(mm) for mm in instance.PixelSpacing] == pytest.approx(spacing)
    assert ("not known" in instance.ImageComments) == (geometry.spacing is None)


@pytest.mark.parametrize(
    ("path", "accept", "status", "kind"),
    [
        ("/studies", "application/json", 200, "application/json"),
        ("/studies", "text/html", 406, None),
        ("/studies", 'multipart/related; type="application/dicom+xml"', 406, None),
        ("/studies?colour=blue", "*/*", 400, None),
        ("/studies?limit=-1", "*/*", 400, None),
        ("/studies?StudyDate=yesterday", "*/*", 400, None),
        ("/studies/x/series", "*/*", 400, None),
        ("/studies/1.2.3", "*/*", 404, None),
        ("/studies/1.2.3/metadata", "*/*", 404, None),
        ("/patients", "*/*", 404, None),
        ("{}", "*/*", 200, 'multipart/related; type="application/dicom"'),
        ("{}", "application/dicom", 200, "application/dicom; transfer-syntax=1.2.840.10008.1.2.1"),
        ("{}", 'multipart/related; type="application/dicom"; transfer-syntax=*', 200, "multipart/related"),
        ("{}", "application/dicom; transfer-syntax=1.2.840.10008.1.2.4.50", 406, None),
        ("{}/metadata", "application/dicom+json", 200, "application/dicom+json"),
        ("{}/metadata", "application/dicom", 406, None),
        ("{}/frames/1", OCTETS, 200, 'multipart/related; type="application/octet-stream"'),
        ("{}/frames/1", "application/octet-stream", 200, "application/octet-stream; transfer-syntax=1.2.840.10008.1.2.1"),
        ("{}/frames/1", "image/jpeg", 406, None),
        ("{}/frames/2", OCTETS, 404, None),
        ("{}/frames/0", OCTETS, 404, None),
        ("{}/frames/a", OCTETS, 400, None),
        ("{}/frames/1,1", OCTETS, 400, None),
        ("{}/frames/1,2", OCTETS, 404, None),
        ("{}/frames/1,01/rendered", "image/png", 400, None),
        ("{}/frames/1/rendered", "image/png", 200, "image/png"),
        ("{}/rendered", "*/*", 200, "image/jpeg"),
        ("{}/rendered?accept=image/png", "*/*", 200, "image/png"),
        ("{}/rendered?viewport=0,0", "image/png", 400, None),
        ("{}/rendered", "image/gif", 406, None),
    ],
)
def test_answers(dicomweb: Server, path: str, accept: str, status: int, kind: str | None) -> None:
    path = path.replace("{}", path_of(dicomweb, "Known").removeprefix(WEB))
    answer = ask(dicomweb, "GET", f"{WEB}{path}", headers={"Accept": accept})
    assert answer.status_code == status, answer.text[:300]
    assert answer.headers["content-type"].startswith(kind or "application/json")
    assert status == 200 or answer.json()["detail"]


def test_the_parts_are_what_the_whole_says(dicomweb: Server) -> None:
    answer = ask(dicomweb, "GET", f"{path_of(dicomweb, 'Known')}/frames/1", headers={"Accept": OCTETS})
    head = f"Content-Type: {answer.headers['content-type']}\r\n\r\n".encode()
    parts = list(message_from_bytes(head + answer.content, policy=policy.HTTP).iter_parts())
    assert [part.get_content_type() for part in parts] == ["application/octet-stream"]
    assert all(part["content-type"].params["transfer-syntax"] == "1.2.840.10008.1.2.1" for part in parts)
    assert all(int(part["content-length"]) == 60 * 90 for part in parts)
    assert answer.content.count(speckle(60, 90).tobytes()) == 1


def test_a_damaged_image_is_told_and_not_given(dicomweb: Server) -> None:
    study, series, _ = uids(dicomweb, DAMAGED)
    (told,) = found(dicomweb, f"/studies/{study}/series/{series}/instances")
    assert value(told, "00080056") == "UNAVAILABLE"
    for path in ("", "/metadata", "/frames/1", "/rendered"):
        answer = ask(dicomweb, "GET", f"{path_of(dicomweb, DAMAGED)}{path}")
        assert (answer.status_code, DAMAGED in answer.text) == (404, False)
    assert study == uids(dicomweb, "Patient00002_well")[0]
    for path in ("", "/metadata"):
        assert ask(dicomweb, "GET", f"{WEB}/studies/{study}{path}").status_code == 206


def test_a_mask_is_no_label_of_a_picture_that_it_was_not_drawn_on(dicomweb: Server) -> None:
    picture = dicomweb.studies / "Drawn.png"
    write_picture(picture, speckle(60, 90))
    before = _wait_for(dicomweb, "Drawn", None)
    write_picture(picture, speckle(60, 90, seed=5))
    # it is taken in once nobody has written into it for a second
    assert _submitted(dicomweb, "Drawn", instance=before[2]).status_code == 409
    after = _wait_for(dicomweb, "Drawn", before)
    refused = _submitted(dicomweb, "Drawn", instance=before[2])
    assert (refused.status_code, "was replaced" in refused.text) == (409, True)
    assert ask(dicomweb, "GET", "/history/Drawn").json() == []
    assert _submitted(dicomweb, "Drawn", instance=after[2]).status_code == 200
    (entry,) = ask(dicomweb, "GET", "/history/Drawn").json()
    assert (entry["tag"], entry["who"]) == ("final", "ann")
    picture.unlink()


def test_a_mask_is_of_its_picture_whoevers_that_is_and_however_often_its_file_is_touched(dicomweb: Server) -> None:
    file = dicomweb.studies / "Told.png"
    write_picture(file, speckle(60, 90))
    seen = _wait_for(dicomweb, "Told", None)
    opened = _ours(dicomweb, "Told")
    said = {"info": json.dumps({"patient": "Somebody"})}
    assert ask(dicomweb, "PUT", "/datastore/image/info?image=Told", data=said).status_code == 200
    told = _wait_for(dicomweb, "Told", seen)
    assert _ours(dicomweb, "Told") == opened
    assert _submitted(dicomweb, "Told", picture=opened["picture"]).status_code == 200
    os.utime(file)
    # before it is taken in, too
    assert _submitted(dicomweb, "Told", picture=opened["picture"]).status_code == 200
    touched = _wait_for(dicomweb, "Told", told)
    assert _ours(dicomweb, "Told") == opened
    assert _submitted(dicomweb, "Told", picture=opened["picture"]).status_code == 200
    assert "picture" not in ask(dicomweb, "GET", "/datastore/label/info?label=Told&tag=final").json()
    assert _measured(dicomweb, "Told", picture=opened["picture"]).status_code == 200

    write_picture(file, speckle(60, 90, seed=5))
    refused = _submitted(dicomweb, "Told", picture=opened["picture"])
    assert (refused.status_code, "was replaced" in refused.text) == (409, True)
    # one of the same size can have pixels of another
    unmeasured = _measured(dicomweb, "Told", picture=opened["picture"])
    assert (unmeasured.status_code, "was replaced" in unmeasured.text) == (409, True)
    assert _measured(dicomweb, "Told").status_code == 200
    _wait_for(dicomweb, "Told", touched)
    now = _ours(dicomweb, "Told")
    assert (now["place"], now["picture"] == opened["picture"]) == (opened["place"], False)
    assert _submitted(dicomweb, "Told", picture=now["picture"]).status_code == 200
    assert _submitted(dicomweb, "Known", picture=now["picture"]).status_code == 409
    file.unlink()


def test_a_replaced_image_is_another_instance(dicomweb: Server) -> None:
    path = dicomweb.studies / "New.png"
    write_picture(path, speckle(60, 90))
    before = _wait_for(dicomweb, "New", None)
    old = path_of(dicomweb, "New")
    write_picture(path, speckle(64, 80, seed=5))
    after = _wait_for(dicomweb, "New", before)
    assert (after[:2], after[2] == before[2]) == (before[:2], False)
    assert ask(dicomweb, "GET", f"{old}/frames/1").status_code == 404
    dataset = dcmread(io.BytesIO(ask(dicomweb, "GET", path_of(dicomweb, "New"), headers={"Accept": "application/dicom"}).content))
    assert_array_equal(dataset.pixel_array, speckle(64, 80, seed=5))
    path.unlink()
    assert ask(dicomweb, "GET", "/datastore/image/dicom?image=New").status_code == 404


def _submitted(dicomweb: Server, image: str, **said: str) -> requests.Response:
    params = {"params": json.dumps({**said, "client_id": "ann"})}
    return ask(dicomweb, "PUT", f"/datastore/label?image={image}", data=params, files=_mask(dicomweb))


def _measured(dicomweb: Server, image: str, **said: str) -> requests.Response:
    return ask(dicomweb, "POST", f"/biometry?image={image}", data=said, files=_mask(dicomweb))


def _mask(dicomweb: Server) -> dict[str, tuple[str, bytes]]:
    return {"label": ("m.nrrd", write_itk(dicomweb.studies.parent / "mask.nrrd", np.ones((60, 90), np.uint8)).read_bytes())}


def _ours(dicomweb: Server, image: str) -> dict[str, str]:
    """What is told of an image that DICOM does not know."""
    told = ask(dicomweb, "GET", f"/datastore/image/dicom?image={image}").json()
    return {key: told[key] for key in ("place", "picture")}


def _wait_for(dicomweb: Server, image: str, unlike: tuple[str, str, str] | None) -> tuple[str, str, str]:
    end = time.monotonic() + 30
    while time.monotonic() < end:
        if requests.get(f"{dicomweb.url}/datastore/image/dicom?image={image}", timeout=30).ok and uids(dicomweb, image) != unlike:
            return uids(dicomweb, image)
        time.sleep(0.2)
    raise AssertionError(f"{image} was not taken in")
