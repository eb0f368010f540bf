"""What the system cannot read for a moment is no damaged file: whoever asks is told to ask again."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from itertools import product
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from fastapi import FastAPI, HTTPException
from fastapi.testclient import TestClient
from httpx import Response

from fetal_head.config import StoreSettings
from fetal_head.imaging.dicom_patient import read_patient
from fetal_head.imaging.limits import check_file
from fetal_head.server.dicomweb.retrieve import retrieve_routes
from fetal_head.server.dicomweb.routes import drawn_on
from fetal_head.server.routes.biometry import biometry_routes
from fetal_head.server.routes.history import history_routes
from fetal_head.server.routes.sessions import session_routes
from fetal_head.server.sessions import Sessions
from fetal_head.store.dicom.instances import Instances
from fetal_head.store.study import StudyDatastore
from fetal_head.tasks.infer import Infer
from pictures import speckle, three_structures, write_dicom, write_itk, write_picture

ASKED: dict[str, Callable[[TestClient, Path], Response]] = {
    "show": lambda client, _: client.get("/history/a/1/label"),
    "compare": lambda client, _: client.get("/history/a/diff?first=1&second=1"),
    "restore": lambda client, _: client.post("/history/a/1/restore"),
    "measure": lambda client, mask: client.post("/biometry?image=a", files={"label": ("m.nrrd", mask.read_bytes())}),
    "session": lambda client, mask: client.put("/session/", files={"files": ("a.png", mask.with_name("a.png").read_bytes())}),
}
CASES = [case for case in product(ASKED, (".png", ".nrrd")) if case != ("session", ".nrrd")]


@pytest.fixture
def study(tmp_path: Path) -> StudyDatastore:
    """One labelled image."""
    write_picture(tmp_path / "a.png", speckle(60, 90))
    study = StudyDatastore(str(tmp_path), StoreSettings(database_url="embedded", lease_minutes=30, readers=1))
    study.save_label("a", str(_mask(tmp_path)), "final", {})
    return study


def _mask(folder: Path) -> Path:
    return write_itk(folder / "m.nrrd", three_structures(60, 90))


def _fail(monkeypatch: pytest.MonkeyPatch, suffix: str) -> None:
    """No file of this ending can be opened."""

    def check(path: Path) -> None:
        if path.suffix == suffix:
            raise OSError(errno.EMFILE, os.strerror(errno.EMFILE), str(path))
        check_file(path)

    monkeypatch.setattr("fetal_head.imaging.reader.check_file", check)
    monkeypatch.setattr("fetal_head.imaging.mask_reader.check_file", check)


@pytest.mark.parametrize(("asked", "suffix"), CASES)
def test_who_asks_while_a_file_cannot_be_read_is_told_to_ask_again(
    study: StudyDatastore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked: str, suffix: str
) -> None:
    application, app = FastAPI(), SimpleNamespace(datastore=lambda: study)
    application.state.login = None
    instances, sessions = Instances(study.store, named=False), Sessions(tmp_path / "sessions", 60)
    for routes in (history_routes(app, instances), biometry_routes(app, instances), session_routes(sessions)):
        application.include_router(routes)
    client = TestClient(application)
    with monkeypatch.context() as patch:
        _fail(patch, suffix)
        answer = ASKED[asked](client, _mask(tmp_path))
    assert (answer.status_code, "Too many open files" in answer.json()["detail"]) == (503, True)
    assert ASKED[asked](client, _mask(tmp_path)).status_code == 200


@pytest.mark.parametrize("what", ["", "/metadata", "/frames/1", "/rendered"])
def test_an_instance_is_to_be_asked_for_again(study: StudyDatastore, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    application, instances = FastAPI(), Instances(study.store, named=False)
    application.include_router(retrieve_routes(instances))
    (image,) = instances.find(image="a")
    path = f"/dicom-web/studies/{image.uids.study}/series/{image.uids.series}/instances/{image.uids.instance}{what}"
    client = TestClient(application)
    with monkeypatch.context() as patch:
        _fail(patch, ".png")
        answer = client.get(path)
    assert (answer.status_code, "Too many open files" in answer.json()["detail"]) == (503, True)
    assert client.get(path).status_code == 200
    image.file.write_bytes(b"damaged")
    assert client.get(path).status_code == 404


def test_a_prediction_is_to_be_asked_for_again(study: StudyDatastore, monkeypatch: pytest.MonkeyPatch) -> None:
    predictor: Any = SimpleNamespace(predict=lambda _: pytest.fail("no image was read"))
    _fail(monkeypatch, ".png")
    with pytest.raises(HTTPException, match="Too many open files") as refused:
        Infer(predictor, study)({"image": study.get_image_uri("a")})
    assert refused.value.status_code == 503


def test_an_image_is_to_be_sent_again(study: StudyDatastore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sent").mkdir()
    sent = write_picture(tmp_path / "sent" / "b.png", speckle(60, 90, seed=1))
    with monkeypatch.context() as patch:
        _fail(patch, ".png")
        with pytest.raises(HTTPException, match="Too many open files") as refused:
            study.add_image("b", str(sent), {})
    assert refused.value.status_code == 503
    assert study.add_image("b", str(sent), {}) == "b"


def test_what_is_said_of_a_label_is_to_be_said_again(study: StudyDatastore, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        _fail(patch, ".nrrd")
        with pytest.raises(HTTPException, match="Too many open files") as refused:
            study.update_label_info("a", "final", {"annotated": ["BRAIN"]})
    assert refused.value.status_code == 503
    study.update_label_info("a", "final", {"annotated": ["BRAIN"]})


def test_the_pixel_size_of_an_image_that_cannot_be_read_is_to_be_told_again(
    study: StudyDatastore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(path: Path) -> bytes:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE), str(path))

    with monkeypatch.context() as patch:
        patch.setattr(Path, "read_bytes", fail)
        with pytest.raises(HTTPException, match="Too many open files") as refused:
            study.update_image_info("a", {"spacing": [0.1, 0.1]})
    assert refused.value.status_code == 503
    assert "spacing" not in study.get_image_info("a")
    study.update_image_info("a", {"spacing": [0.1, 0.1]})


def test_an_image_whose_patient_cannot_be_read_is_to_be_sent_again(
    study: StudyDatastore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise it would be nobody's but its own for ever."""
    (tmp_path / "sent").mkdir()
    sent = write_dicom(tmp_path / "sent" / "b.dcm", speckle(60, 90))

    def fail(path: Path) -> None:
        raise OSError(errno.ESTALE, os.strerror(errno.ESTALE), str(path))

    with monkeypatch.context() as patch:
        patch.setattr("fetal_head.store.labels.submissions.read_patient", fail)
        with pytest.raises(HTTPException, match="Stale file handle") as refused:
            study.add_image("b", str(sent), {})
    assert refused.value.status_code == 503
    assert study.add_image("b", str(sent), {}) == "b"
    assert study.get_image_info("b")["patient"] == read_patient(sent)


def test_a_mask_is_of_no_picture_of_an_image_that_is_not_there(study: StudyDatastore) -> None:
    instances = Instances(study.store, named=False)
    with pytest.raises(HTTPException, match="there is no image 'gone'") as refused:
        drawn_on(instances, "gone", "1.2.3")
    assert refused.value.status_code == 404
    assert drawn_on(instances, "gone", None) is None
