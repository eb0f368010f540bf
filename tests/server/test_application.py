"""What the server serves, and what it keeps closed."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
import requests
from asking import NAME, ask
from numpy.testing import assert_array_equal

from fetal_head.imaging import read_mask
from fetal_head.phantom import phantom
from pictures import speckle, three_structures, write_itk, write_picture
from serving import Server, serving

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("method", "path", "sentence"),
    [
        ("POST", "/reload", "restart the server"),
        ("POST", "/scoring/dice", "fetal-head evaluate"),
        ("POST", "/infer/wsi/fetal_head", "POST /infer/{model}"),
        ("GET", "/proxy/dicom/qido/studies", "DICOMweb"),
        ("GET", "/logs/gpu", "nvidia-smi"),
        ("GET", "/logs/../server.log", "Not Found"),
        ("GET", "/ohif/..%2f..%2fapp.py", "Not Found"),
        ("GET", "/static/%2e%2e/info.py", "Not Found"),
        ("GET", "/ohif/missing.js", "Not Found"),
        ("POST", "/infer/other?image=a", "there is no model 'other'; there is fetal_head"),
        ("POST", "/train/other", "there is no trainer 'other'"),
        (
            "POST",
            "/activelearning/other",
            "there is no strategy 'other'; there is bald, coreset, entropy, first, foreground_random, hybrid, random, typiclust",
        ),
        ("GET", "/model/other", "there is no model 'other'"),
        ("GET", "/datastore/image?image=../server.log", "there is no image"),
        ("GET", f"/datastore/label?label={NAME}&tag=../../x", "there is no label"),
        ("GET", "/wsi", "Not Found"),
    ],
)
def test_what_is_closed_or_unknown_is_not_found(border: Server, method: str, path: str, sentence: str) -> None:
    request = requests.Request(method, border.url).prepare()
    request.url = f"{border.url}{path}"  # as it is: clients take dots out
    answer = requests.Session().send(request, timeout=60)
    assert answer.status_code == 404, answer.text
    assert sentence in answer.json()["detail"]


def test_nothing_else_is_served(border: Server) -> None:
    paths = set(ask(border, "GET", "/openapi.json").json()["paths"])
    assert {path.split("/")[1] for path in paths} == {
        *("activelearning", "auth", "batch", "biometry", "datastore", "dicom-web", "effort", "healthz", "history", "infer"),
        *("info", "logs", "metrics", "model", "readyz", "session", "train", "worklist"),
    }


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/docs",
        "/docs/redoc.standalone.js",
        "/favicon.ico",
        "/static/favicon.ico",
        "/ohif/app-config.js",
        "/ohif/assets/favicon.ico",
    ],
)
def test_pages_are_served(border: Server, path: str) -> None:
    assert ask(border, "GET", path).ok


@pytest.mark.parametrize(
    "path", ["/ohif/index.html", "/ohif/fetal", "/ohif/viewer", "/ohif/segmentation/x?StudyInstanceUIDs=1.2"]
)
def test_a_path_of_the_viewers_own_is_its_page(border: Server, path: str) -> None:
    answer = ask(border, "GET", path)
    assert answer.headers["content-type"].startswith("text/html")
    assert "app.bundle" in answer.text


def test_who_may_come_from_where(border: Server) -> None:
    for headers, status in (
        ({"Host": "rebound.example"}, 403),
        ({"X-Forwarded-For": "10.0.0.7"}, 403),
        ({"Origin": "https://page.example"}, 403),
        ({"Origin": "https://friend.example"}, 200),
        ({"Origin": border.url}, 200),
    ):
        answer = ask(border, "POST", "/activelearning/first", json={}, headers=headers)
        assert (answer.status_code, headers) == (status, headers)
    shared = ask(border, "GET", "/info/", headers={"Origin": "https://friend.example"}).headers
    assert shared["access-control-allow-origin"] == "https://friend.example"
    assert "access-control-allow-origin" not in ask(border, "GET", "/info/", headers={"Origin": "https://page.example"}).headers


def test_labels_and_facts_as_the_plugin_asks_for_them(border: Server, tmp_path: Path) -> None:
    client = border.client()
    mask = three_structures(*phantom(3).mask.shape)
    client.save_label(NAME, str(write_itk(tmp_path / "label.nrrd", mask)), params={})
    assert_array_equal(read_mask(client.download_label(NAME, "final")), mask)
    assert ask(border, "PUT", f"/datastore/updatelabelinfo?label={NAME}&tag=final", data={"params": '{"note": "x"}'}).ok
    assert ask(border, "GET", f"/datastore/label/info?label={NAME}&tag=final").json()["note"] == "x"
    assert ask(border, "PUT", f"/datastore/image/info?image={NAME}", data={"info": '{"plane": "tv"}'}).ok
    assert ask(border, "GET", f"/datastore/image/info?image={NAME}").json()["plane"] == "tv"
    assert ask(border, "HEAD", f"/datastore/image?image={NAME}&check_sum=SHA256:{'0' * 64}").status_code == 404
    assert "final" in client.datastore()["objects"][NAME]["labels"]
    assert len(ask(border, "GET", "/datastore/?output=train").json()) == 1
    for _ in range(2):
        with zipfile.ZipFile(io.BytesIO(ask(border, "GET", "/datastore/dataset").content)) as archive:
            assert set(archive.namelist()) == {f"image/{NAME}.png", f"label/{NAME}.nrrd", "metadata.json"}
    assert len(list((border.studies / ".fetal_head").glob("*.zip"))) == 1
    assert ask(border, "DELETE", f"/datastore/label?id={NAME}&tag=final").ok
    assert ask(border, "GET", f"/datastore/label?label={NAME}&tag=final").status_code == 404


def test_a_folder_in_which_no_image_lies_is_told_of(border: Server, tmp_path: Path) -> None:
    (tmp_path / "studies" / "images").mkdir(parents=True)
    write_picture(tmp_path / "studies" / "images" / "a.png", speckle(60, 90))
    said = "no image lies in the study folder"
    with serving(tmp_path / "studies", tmp_path / "server") as server:
        assert f"{said} {server.studies}: folders in it are not looked into" in server.log.read_text()
    assert said not in border.log.read_text()
