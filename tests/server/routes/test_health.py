"""What the server tells of itself, and what it does when much is asked of it."""

from __future__ import annotations

import json
import re
import resource
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import pytest
from asking import NAME, ask
from fastapi import FastAPI
from fastapi.testclient import TestClient

from fetal_head.config import load_settings
from fetal_head.model.registry import Registry
from fetal_head.phantom import phantom
from fetal_head.pseudonym import pseudonym
from fetal_head.server.routes.health import health_routes
from fetal_head.store.store import Store
from pictures import three_structures, write_itk
from serving import Server

pytestmark = pytest.mark.slow


def test_more_predictions_than_may_wait_are_told_to_come_again(border: Server) -> None:
    with ThreadPoolExecutor(8) as clients:
        answers = list(clients.map(lambda _: ask(border, "POST", f"/infer/fetal_head?image={NAME}&output=json"), range(8)))
    statuses = [answer.status_code for answer in answers]
    assert set(statuses) == {200, 503}
    refused = [answer for answer in answers if answer.status_code == 503]
    assert all(int(answer.headers["retry-after"]) > 0 for answer in refused)
    assert f"fetal_head_predictions_refused_total {len(refused)}.0" in ask(border, "GET", "/metrics").text


def test_many_predictions_in_a_process_of_their_own(border: Server) -> None:
    params = {"label_tag": "seen", "images": ["/etc/hostname"], "model": "other"}
    started = ask(border, "POST", "/batch/infer/fetal_head?images=all", json=params)
    assert started.ok, started.text
    again = ask(border, "POST", "/batch/infer/fetal_head", json={})
    assert (again.status_code, "wait for the end" in again.json()["detail"]) == (409, True)
    end = time.monotonic() + 200
    while ask(border, "GET", "/batch/infer").json()["status"] in ("SUBMITTED", "RUNNING") and time.monotonic() < end:
        time.sleep(0.5)
    status = ask(border, "GET", "/batch/infer").json()
    assert status["status"] == "DONE", "\n".join(status["details"])
    assert any("2 of 2 images" in line for line in status["details"])
    assert ask(border, "HEAD", f"/datastore/label?image={NAME}&tag=seen").ok
    for wrong in (
        {"label_tag": "../x"},
        {"label_tag": "history"},
        {"label_tag": 5},
        {"max_batch_size": -1},
        {"max_batch_size": "2"},
    ):
        assert ask(border, "POST", "/batch/infer/fetal_head", json=wrong).status_code == 422, wrong
    assert ask(border, "DELETE", "/batch/infer").json() is None


def test_no_name_of_a_patient_is_in_the_log(border: Server, tmp_path: Path) -> None:
    """Whatever the tests before this one did; and a label that is taken away by hand."""
    border.client().infer("fetal_head", NAME, {"result_extension": ".nrrd"})
    border.client().next_sample("hybrid", {})
    for image in ("Bella-Damaged_2", "Carla-Unknown_3"):
        assert not ask(border, "POST", f"/infer/fetal_head?image={image}&token=secret").ok
    border.client().save_label(NAME, str(write_itk(tmp_path / "l.nrrd", three_structures(*phantom(3).mask.shape))), params={})
    (border.studies / "labels" / "final" / f"{NAME}.nrrd").unlink()
    end = time.monotonic() + 30
    while pseudonym(NAME) not in border.log.read_text() and time.monotonic() < end:
        time.sleep(0.2)
    for log in (border.log.read_text(), (border.app / "logs" / "app.log").read_text(), ask(border, "GET", "/logs/").text):
        assert pseudonym(NAME) in log
        assert not re.search("Musterfrau|Damaged|Unknown|token", log)
    lines = ask(border, "GET", "/logs/?lines=40").text.splitlines()
    assert len(lines) == 40
    assert {json.loads(line)["logger"] for line in lines} >= {"fetal_head.access"}
    assert ask(border, "GET", "/logs/?lines=100000000").status_code == 422


def test_health_and_figures(border: Server) -> None:
    assert ask(border, "GET", "/healthz").json() == {"status": "ok"}
    assert ask(border, "GET", "/readyz").json() == {"status": "ok", "model": "ok", "database": "ok", "study folder": "ok"}
    figures = ask(border, "GET", "/metrics").text
    assert 'fetal_head_requests_total{method="GET",route="/healthz",status="200"}' in figures
    assert f"fetal_head_images {border.client().info()['datastore']['total']}.0" in figures
    assert "Musterfrau" not in figures
    hidden = border.studies / ".fetal_head"
    hidden.rename(border.studies / ".away")
    try:
        answer = ask(border, "GET", "/readyz")
        assert (answer.status_code, answer.json()["study folder"], answer.json()["model"]) == (503, "fails", "ok")
        assert ask(border, "GET", "/healthz").ok
    finally:
        (border.studies / ".away").rename(hidden)
    assert ask(border, "GET", "/readyz").ok


def test_a_disk_that_takes_empty_files_alone_is_not_ready(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "study", load_settings().store)
    study = SimpleNamespace(store=store, status=dict)
    application = FastAPI()
    application.include_router(
        health_routes(SimpleNamespace(datastore=lambda: study), Registry.of_app(tmp_path), SimpleNamespace())
    )
    client = TestClient(application)
    assert client.get("/readyz").status_code == 200
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, usual[1]))
    try:
        answer = client.get("/readyz")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)
    assert (answer.status_code, answer.json()["study folder"], answer.json()["model"]) == (503, "fails", "ok")
