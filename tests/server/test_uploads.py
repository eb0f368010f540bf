"""What comes in: images, masks, sessions and models, each of them checked."""

from __future__ import annotations

import io
import json
import re
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from asking import NAME, ask, upload

from fetal_head.imaging import read_mask
from fetal_head.model.network import Architecture
from fetal_head.model.registry import SHIPPED
from fetal_head.model.weights import Description, load_weights, save_weights
from fetal_head.phantom import phantom
from pictures import speckle, write_itk, write_picture
from serving import Server

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("image", ["/etc/hostname", "{studies}/" + NAME + ".png", "../" + NAME, NAME + ".png", "main.py", "."])
def test_an_image_is_never_a_path(border: Server, image: str) -> None:
    image = image.format(studies=border.studies)
    params = {"params": json.dumps({"image": f"{border.studies}/{NAME}.png", "session_id": "../x", "save_label": True})}
    answer = ask(border, "POST", "/infer/fetal_head", params={"image": image}, data=params)
    assert answer.status_code == 404
    # nor is what is hidden in the parameters
    answer = ask(border, "POST", "/infer/fetal_head?output=json", data=params)
    assert answer.status_code == 404


@pytest.mark.parametrize("extension", ["/../../x.nrrd", ".docx", ".nrrd/../x", "x" * 300, 5])
def test_the_mask_is_of_a_kind_that_is_written(border: Server, extension: object) -> None:
    params = {"params": json.dumps({"result_extension": extension})}
    answer = ask(border, "POST", f"/infer/fetal_head?image={NAME}", data=params)
    assert answer.status_code == 422
    assert "can be written as .nrrd" in answer.json()["detail"]


@pytest.mark.parametrize(
    "params", ['{"spacing": [0, 1]}', '{"spacing": 3}', '{"spacing": [3, 3]}', '{"spacing": [NaN, 1]}', "[" * 100_000, "{"]
)
def test_odd_facts_of_an_image_are_refused(border: Server, params: str) -> None:
    assert ask(border, "PUT", f"/datastore/image/info?image={NAME}", data={"info": params}).status_code == 422


@pytest.mark.parametrize("name", ["../../main.py", "..\\..\\main.png", "/etc/cron.d/x.png", "a\0b.png", ".hidden.png"])
def test_an_uploaded_name_is_never_a_path(border: Server, tmp_path: Path, name: str) -> None:
    picture = write_picture(tmp_path / "picture.png", speckle(60, 90)).read_bytes()
    before = sorted(border.app.parent.rglob("*.png")), (border.app / "main.py").read_bytes()
    answer = upload(border, "/datastore/image", "file", picture, name)
    taken = answer.json().get("image")
    assert (answer.status_code, taken) in ((422, None), (200, "main"), (200, "x"), (409, None))
    assert (sorted(border.app.parent.rglob("*.png")), (border.app / "main.py").read_bytes()) == before
    if answer.ok:
        assert (border.studies / f"{taken}.png").is_file()
        ask(border, "DELETE", f"/datastore/image?id={taken}")
    for path in ("../x", "/tmp/x", "a/b", "..", ""):
        label = upload(border, f"/datastore/label?image={NAME}&tag={path}a/..", "label", picture, name)
        assert label.status_code == 422


def test_a_file_is_what_it_holds_not_what_it_is_called(border: Server, tmp_path: Path) -> None:
    jpeg = write_picture(tmp_path / "picture.jpg", speckle(60, 90)).read_bytes()
    assert upload(border, "/datastore/?image=really-a-jpeg", "file", jpeg, "picture.png").json() == {"image": "really-a-jpeg"}
    assert (border.studies / "really-a-jpeg.jpg").read_bytes() == jpeg
    assert ask(border, "DELETE", "/datastore/?id=really-a-jpeg").ok
    answer = upload(border, "/datastore/image?image=x", "file", b"#!/bin/sh", "x.png")
    assert (answer.status_code, "is no PNG" in answer.json()["detail"]) == (422, True)


def test_a_sitting_over_an_image_that_is_not_in_the_study(border: Server, tmp_path: Path) -> None:
    client = border.client()
    file = write_itk(tmp_path / "own.nii.gz", phantom(4).image, spacing=(0.2, 0.25))
    session = client.create_session(str(file))
    told = client.get_session(session["session_id"])
    assert told == session["session_info"]
    assert not re.search("/", json.dumps(told))
    image, params = client.infer("fetal_head", "own", {"result_extension": ".nrrd"}, session_id=session["session_id"])
    assert np.count_nonzero(read_mask(image)) == params["structures"]["BRAIN"]["area_px"] > 0
    assert params["pixel_size_mm"] == pytest.approx([0.2, 0.25])
    assert ask(border, "GET", f"/session/{session['session_id']}?image=true").content == file.read_bytes()
    assert client.remove_session(session["session_id"])["name"] == session["session_id"]
    # so its plugin makes another one when somebody comes back after an hour
    assert client.get_session(session["session_id"]) == {}
    assert ask(border, "GET", f"/session/{session['session_id']}?image=true").status_code == 404
    assert ask(border, "POST", f"/infer/fetal_head?session_id={session['session_id']}").status_code == 404
    assert not list((border.app / ".sessions").iterdir())


def test_a_session_takes_one_image_and_nothing_else(border: Server) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("../../main.py", "import os")
    for query, content, sentence in (
        ("", b"text", "is no PNG"),
        ("", archive.getvalue(), "is no PNG"),
        ("?uncompress=true", archive.getvalue(), "archives are not unpacked"),
    ):
        answer = upload(border, f"/session/{query}", "files", content, "a.zip")
        assert (answer.status_code, sentence in answer.json()["detail"]) == (422, True)
    assert not list((border.app / ".sessions").glob("*"))


@pytest.mark.parametrize("in_parts", [False, True])
def test_too_large_an_upload_is_answered_with_a_sentence(border: Server, in_parts: bool) -> None:
    boundary = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n'
    body = boundary + b"x" * 30_000_000 + b"\r\n--b--\r\n"
    content: Any = (body[i : i + 65536] for i in range(0, len(body), 65536)) if in_parts else body
    headers = {"content-type": "multipart/form-data; boundary=b"}
    answer = ask(border, "PUT", "/datastore/image", data=content, headers=headers)
    assert (answer.status_code, answer.json()["detail"]) == (413, "the request is larger than the 3 MB that are accepted")
    long = {"client_id": "x" * 2_000_000}
    assert ask(border, "POST", "/activelearning/first", json=long).status_code == 413
    assert ask(border, "POST", f"/infer/fetal_head?image={NAME}", files={"params": (None, json.dumps(long))}).status_code == 400
    assert ask(border, "GET", "/info/").ok


def _small_model(folder: Path, columns: int = 32) -> bytes:
    architecture = Architecture((32, 32), (32, columns), "residual_unet", (4, 8), 1)
    torch.manual_seed(0)
    save_weights(folder / "small.safetensors", architecture.build(), Description(architecture, parent="v0001"))
    return (folder / "small.safetensors").read_bytes()


def test_a_model_comes_up_as_a_version_and_goes_down_as_it_is(border: Server, tmp_path: Path) -> None:
    served = ask(border, "GET", "/model/fetal_head")
    assert served.content == SHIPPED.read_bytes()
    small = _small_model(tmp_path)
    kept = upload(border, "/model/fetal_head", "file", small, "m.pt").json()
    assert (kept["version"], kept["published"]) == ("v0001", False)
    assert ask(border, "GET", "/model/info/fetal_head").json()["version"] == "shipped"
    published = upload(border, "/model/fetal_head?publish=true", "file", small, "m.pt").json()
    assert (published["version"], published["published"]) == ("v0002", True)
    assert ask(border, "GET", "/model/info/fetal_head").json()["checksum"] == published["checksum"]
    assert 'fetal_head_model_info{version="v0002"} 1.0' in ask(border, "GET", "/metrics").text
    told = ask(border, "POST", f"/infer/fetal_head?image={NAME}&output=json").json()
    assert told["model_version"] == "v0002"
    (tmp_path / "down.safetensors").write_bytes(ask(border, "GET", "/model/fetal_head").content)
    description = load_weights(tmp_path / "down.safetensors")[1]
    assert description.training["uploaded"].keys() == {"by", "at"}
    # the v0001 of here is none of its ancestors
    assert description.parent == "the uploaded file's v0001"
    for garbage in (b"\x80\x04\x95garbage", small[:-100]):
        answer = upload(border, "/model/fetal_head?publish=true", "file", garbage, "m.safetensors")
        assert (answer.status_code, "the model was not accepted" in answer.json()["detail"]) == (422, True)
    answer = upload(border, "/model/fetal_head?publish=true", "file", _small_model(tmp_path, columns=33), "m.safetensors")
    assert (answer.status_code, "takes no images of 32 x 33 pixels" in answer.json()["detail"]) == (422, True)
    assert ask(border, "POST", f"/infer/fetal_head?image={NAME}&output=json").json()["model_version"] == "v0002"
    refused = ask(border, "DELETE", "/model/fetal_head")
    assert (refused.status_code, "fetal-head models rollback" in refused.json()["detail"]) == (405, True)
