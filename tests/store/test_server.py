"""Through a real server: history, review, reservations, and what is done in the folder meanwhile."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest
import requests
from masks import MASK, assert_whole, mask_of
from numpy.testing import assert_array_equal

from fetal_head.config import load_settings
from fetal_head.imaging import read_mask
from fetal_head.store.labels.differences import differences
from fetal_head.store.store import Store
from pictures import speckle, write_itk, write_picture
from serving import Server, serving

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    studies = tmp_path_factory.mktemp("studies")
    for number in range(4):
        write_picture(studies / f"i{number}.png", speckle(*MASK.shape, seed=number))
    with serving(studies, tmp_path_factory.mktemp("server")) as running:
        yield running


def _submit(server: Server, image: str, number: int, who: str, folder: Path) -> None:
    file = write_itk(folder / "mask.nrrd", mask_of(number))
    params = {"params": f'{{"client_id": "{who}"}}'}
    with file.open("rb") as content:
        url = f"{server.url}/datastore/label?image={image}"
        answer = requests.put(url, data=params, files={"label": ("mask.nrrd", content)}, timeout=60)
    assert answer.ok, answer.text


def _next(server: Server, who: str) -> str:
    answer = requests.post(f"{server.url}/activelearning/first", json={"client_id": who}, timeout=60)
    assert answer.ok, answer.text
    return str(answer.json()["id"])


def test_two_people_are_given_two_images_and_one_that_is_done_no_more(server: Server, tmp_path: Path) -> None:
    assert (_next(server, "ann"), _next(server, "ben")) == ("i0", "i1")
    _submit(server, "i0", 1, "ann", tmp_path)
    assert (_next(server, "ann"), _next(server, "ben")) == ("i2", "i1")


def test_history_is_told_restored_and_judged(server: Server, tmp_path: Path) -> None:
    requests.post(f"{server.url}/infer/fetal_head?image=i3", timeout=60)
    for number in (5, 6):
        _submit(server, "i3", number, "ann", tmp_path)
    url = f"{server.url}/history/i3"
    told = requests.get(url, timeout=60).json()
    assert [(t["number"], t["tag"], t["model"], t["prediction"]) for t in told] == [
        (1, "original", "shipped", None),
        (2, "final", "shipped", 1),
        (3, "final", "shipped", 1),
    ]
    (tmp_path / "kept.nrrd").write_bytes(requests.get(f"{url}/2/label", timeout=60).content)
    assert_array_equal(read_mask(tmp_path / "kept.nrrd"), mask_of(5))
    shown = requests.get(f"{url}/3", timeout=60).json()
    assert (shown["number"], shown["who"], shown["current"]) == (3, "ann", True)
    diff = requests.get(f"{url}/diff?first=2&second=3", timeout=60).json()
    assert diff == {name: asdict(found) for name, found in differences(mask_of(5), mask_of(6)).items()}
    assert requests.post(f"{url}/2/restore", timeout=60).json() == {"image": "i3", "number": 4}
    review = {"status": "rejected", "comment": "no"}
    assert requests.post(f"{url}/4/status", json=review, timeout=60).json()["comment"] == "no"
    current = requests.get(f"{server.url}/datastore/label?label=i3&tag=final", timeout=60)
    (tmp_path / "current.nrrd").write_bytes(current.content)
    assert_array_equal(read_mask(tmp_path / "current.nrrd"), mask_of(6))
    assert requests.post(f"{url}/4/status", json={"status": "fine"}, timeout=60).status_code == 422
    for path in ("/9", "/9/label", "/diff?first=1&second=9", "/9/restore"):
        answer = requests.request("POST" if "restore" in path else "GET", f"{url}{path}", timeout=60)
        assert (answer.status_code, answer.json()["detail"]) == (404, "the image 'i3' has no submission number 9")


def test_an_image_is_uploaded_once_and_one_copied_in_is_seen(server: Server, tmp_path: Path) -> None:
    picture = write_picture(tmp_path / "up.png", speckle(60, 90))
    for status in (200, 409):
        with picture.open("rb") as content:
            answer = requests.put(f"{server.url}/datastore/image?image=up", files={"file": ("up.png", content)}, timeout=60)
        assert answer.status_code == status
    write_picture(server.studies / "copied.png", speckle(60, 90))
    end = time.monotonic() + 10
    while server.client().info()["datastore"]["total"] != 6 and time.monotonic() < end:
        time.sleep(0.1)
    assert server.client().info()["datastore"]["total"] == 6
    assert_whole(Store.open(server.studies, load_settings().store))
