"""A server whose study is a PACS behind TLS and a password: images appear, are predicted and labelled, and labels go back."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pydicom
import pytest
import requests
from highdicom.seg import segread
from numpy.testing import assert_array_equal
from tls import tls_before, write_certificate

from fetal_head.imaging import read_mask
from orthanc import PASSWORD, USER, Orthanc, running
from serving import Server, serving
from ultrasound import FRAMES, written

pytestmark = pytest.mark.slow
QUICK = {"pacs_poll_seconds": "1", "pacs_replaced": "delete"}


@pytest.fixture(scope="module")
def orthanc(installed: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Orthanc]:
    folder = tmp_path_factory.mktemp("orthanc")
    with running(folder) as found:
        found.put(*written(folder).values())
        yield found


@pytest.fixture(scope="module")
def server(orthanc: Orthanc, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("server")
    certificate = write_certificate(folder / "pacs.pem")
    with pytest.MonkeyPatch.context() as environment, tls_before(orthanc.port, certificate) as port:
        environment.setenv("MONAI_LABEL_DICOMWEB_USERNAME", USER)
        environment.setenv("MONAI_LABEL_DICOMWEB_PASSWORD", PASSWORD)
        conf = {**QUICK, "pacs_ca_file": str(certificate)}
        with serving(f"https://localhost:{port}/dicom-web", folder, conf=conf) as found:
            _wait(lambda: _total(found) == 6 + FRAMES, found)
            yield found


def _total(server: Server) -> int:
    return int(server.client().info()["datastore"]["total"])


def _wait(until: Callable[[], object], server: Server, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < end, server.log.read_text()[-4000:]
        time.sleep(0.2)


def _submit(server: Server, image: str, folder: Path) -> Path:
    mask, params = server.predict(image)
    kept = folder / "mask.nrrd"
    kept.write_bytes(mask.read_bytes())
    server.client().save_label(image, str(kept), params={"client_id": "ann", "model_version": params["model_version"]})
    return kept


def _sources(orthanc: Orthanc) -> dict[str, bytes]:
    """What each Segmentation in the PACS is of."""
    files = orthanc.instances("SEG")
    return {pydicom.dcmread(io.BytesIO(f)).SourceImageSequence[0].ReferencedSOPInstanceUID: f for f in files}


def test_a_label_goes_back_as_it_was_submitted(server: Server, orthanc: Orthanc, tmp_path: Path) -> None:
    image = str(server.client().next_sample("first", {})["id"])
    kept = _submit(server, image, tmp_path)
    instance = image.split(".f")[0]
    _wait(lambda: instance in _sources(orthanc), server)
    read = segread(io.BytesIO(_sources(orthanc)[instance]))
    assert {s.SegmentAlgorithmName for s in read.SegmentSequence} == {"fetal-head shipped"}
    options = {"combine_segments": True, "skip_overlap_checks": True, "assert_missing_frames_are_empty": True}
    if ".f" in image:
        mask = read.get_pixels_by_source_frame(instance, [int(image.split(".f")[1])], **options)[0]
    else:
        mask = read.get_pixels_by_source_instance([instance], **options)[0]
    assert [s.SegmentLabel for s in read.SegmentSequence] == ["BRAIN", "CSP", "LV"]
    assert_array_equal(mask, read_mask(kept))


def test_a_pacs_that_is_away_holds_up_nobody_and_misses_nothing(server: Server, orthanc: Orthanc, tmp_path: Path) -> None:
    orthanc.stop()
    try:
        image = str(server.client().next_sample("first", {})["id"])
        started = time.monotonic()
        kept = _submit(server, image, tmp_path)
        assert time.monotonic() - started < 20
        answer = requests.get(f"{server.url}/datastore/label?label={image}&tag=final", timeout=60)
        (tmp_path / "got.nrrd").write_bytes(answer.content)
        assert_array_equal(read_mask(tmp_path / "got.nrrd"), read_mask(kept))
        assert requests.get(f"{server.url}/proxy/dicom/studies", timeout=60).status_code == 502
    finally:
        orthanc.start()
    _wait(lambda: image.split(".f")[0] in _sources(orthanc), server)


def test_the_proxy_forwards_the_question_as_it_is(server: Server) -> None:
    for service in ("", "qido/"):
        found = requests.get(f"{server.url}/proxy/dicom/{service}studies?PatientID=P-2", timeout=60)
        assert [each["00100020"]["Value"] for each in found.json()] == [["P-2"]]
        assert len(requests.get(f"{server.url}/proxy/dicom/{service}studies", timeout=60).json()) > 1


def test_the_proxy_leads_nowhere_else(server: Server) -> None:
    wrong = ("", "../system", "studies/../../system", "studies/%2e%2e/%2e%2e/system", "http://127.0.0.1:1/studies", "servers")
    for path in wrong:
        answer = requests.Request("GET", f"{server.url}/proxy/dicom/").prepare()
        answer.url = f"{server.url}/proxy/dicom/{path}"
        assert requests.Session().send(answer, timeout=60).status_code == 404, path
    assert requests.post(f"{server.url}/proxy/dicom/studies", data=b"", timeout=60).status_code in (404, 405)
    assert requests.delete(f"{server.url}/proxy/dicom/studies/1.2", timeout=60).status_code in (404, 405)


def test_neither_names_nor_passwords_are_in_the_log(server: Server) -> None:
    log = server.log.read_text()
    assert PASSWORD not in log
    for name in ("Quimby", "nzelmann", "P-1", "P-2"):
        assert name not in log
    app_log = server.app / "logs" / "app.log"
    assert PASSWORD not in (app_log.read_text() if app_log.exists() else "")
