"""A real browser, the real OHIF, a real server: what is on the screen is what is stored."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import requests
from axe_playwright_python.sync_playwright import Axe
from correcting import correct, middle
from desk import Desk, phantoms
from numpy.testing import assert_array_equal
from playwright.sync_api import Browser, expect

from fetal_head.imaging import read_mask
from serving import Server, free_port, serving

pytestmark = pytest.mark.slow
Sit = Callable[[], Desk]


def _label(server: Server, image: str) -> np.ndarray:
    return read_mask(server.studies / "labels" / "final" / f"{image}.nrrd")


def test_from_the_work_list_to_a_corrected_label(server: Server, desk: Sit) -> None:
    ann = desk()
    ann.page.goto(f"{server.url}/ohif/")
    ann.page.get_by_role("link", name="p0", exact=True).click()
    assert ann.settled("") == "p0"
    predicted = ann.mask
    answer = requests.post(f"{server.url}/infer/fetal_head", params={"image": "p0", "output": "image"}, timeout=60)
    (server.log.parent / "p0.nrrd").write_bytes(answer.content)
    assert_array_equal(predicted, read_mask(server.log.parent / "p0.nrrd"))
    drawn = correct(ann)
    ann.button("Submit")
    expect(ann.page.locator("#fh-state")).to_have_text("Submitted")
    assert_array_equal(_label(server, "p0"), drawn)
    history = requests.get(f"{server.url}/history/p0", timeout=60).json()
    assert [(entry["tag"], entry["model"]) for entry in history] == [("original", "shipped"), ("final", "shipped")]
    again = desk()
    assert again.open("p0") == "p0"
    assert_array_equal(again.mask, drawn)
    assert again.text("#fh-state") == "Submitted"
    assert ann.errors == again.errors == []


def test_a_new_prediction_can_be_taken_back(desk: Sit) -> None:
    ann = desk()
    ann.open("p1")
    predicted = ann.mask
    ann.press("3")
    ann.drag((40, 40), (90, 40))
    drawn = ann.mask
    assert not np.array_equal(drawn, predicted)
    ann.button("Predict again")
    ann.page.wait_for_function("fetalHead.editor.steps === 3")
    assert_array_equal(ann.mask, predicted)
    ann.press("z")
    assert_array_equal(ann.mask, drawn)
    ann.press("z")
    assert_array_equal(ann.mask, predicted)


def test_rectangle_polygon_and_fill(desk: Sit) -> None:
    ann = desk()
    ann.open("p2")
    ann.press("3")
    ann.press("r")
    at = ann.page.evaluate("fetalHead.toolbox.tool.drawn().handles[0]")
    before = ann.mask
    ann.drag((at["x"], at["y"]), (at["x"] + 25, at["y"] - 10))
    moved = ann.mask
    assert abs(middle(moved, 3)[0] - middle(before, 3)[0] - 25) <= 2
    assert np.count_nonzero(moved == 3) == pytest.approx(np.count_nonzero(before == 3), rel=0.15)
    ann.press("2")
    ann.press("p")
    for corner in ((200, 200), (240, 200), (240, 220)):
        ann.click(*corner)
    ann.press("Enter")
    assert ann.mask[203, 230] == 2
    assert ann.mask[218, 205] != 2
    ann.press("1")
    ann.press("f")
    ann.click(3, 3)
    assert ann.mask[3, 3] == 1, "the background that hangs together with the pixel is filled"


def test_two_people_get_two_images_and_submit_and_next_goes_on(server: Server, desk: Sit) -> None:
    ann, ben = desk(), desk()
    first, other = ann.open(), ben.open()
    assert first != other
    assert "rank 1 of" in ann.text("#fh-reason")
    mask = ann.mask
    ann.press("Space")
    following = ann.settled(first)
    assert following not in (first, other)
    assert_array_equal(_label(server, first), mask)
    ann.button("Skip")
    assert ann.settled(following) not in (first, other, following)
    assert ben.settled("") == other


def test_a_structure_that_was_not_looked_for_is_not_annotated(server: Server, desk: Sit) -> None:
    ann = desk()
    ann.open("p3")
    ann.page.get_by_label("LV is").select_option("unknown")
    ann.button("Submit")
    expect(ann.page.locator("#fh-state")).to_have_text("Submitted")
    history = requests.get(f"{server.url}/history/p3", timeout=60).json()
    assert history[-1]["annotated"] == ["BRAIN", "CSP"]


def test_a_flagged_image_is_set_aside(server: Server, desk: Sit) -> None:
    ann = desk()
    ann.open("p4")
    ann.page.get_by_label("Flag", exact=True).fill("not a head")
    ann.button("Flag")
    ann.settled("p4")
    ann.page.goto(f"{server.url}/ohif/")
    ann.page.get_by_label("Status").select_option("flagged")
    expect(ann.page.locator("#images tr")).to_have_count(1)
    assert "not a head" in ann.text("#images")


@pytest.mark.parametrize("page", ["/ohif/", "/ohif/fetal?image=p5"])
def test_no_serious_fault_of_accessibility(server: Server, desk: Sit, page: str) -> None:
    ann = desk()
    ann.page.goto(server.url + page)
    ann.page.wait_for_selector("#images tr, [aria-label=Biometry] tbody tr")
    found = Axe().run(ann.page, context=".fetal-head").response["violations"]
    assert [(f["id"], f["nodes"][0]["html"]) for f in found if f["impact"] in ("serious", "critical")] == []


def test_a_server_that_dies_while_one_submits_loses_nothing(browser: Browser, tmp_path: Path) -> None:
    studies, port = phantoms(tmp_path / "studies", 1), free_port()
    ann = Desk(browser, f"http://127.0.0.1:{port}")
    with serving(studies, tmp_path / "server", port=port) as first:
        ann.open("p0")
        ann.press("3")
        ann.drag((60, 60), (120, 60))
        drawn = ann.mask
        os.kill(first.pid, signal.SIGKILL)
        ann.button("Submit")
        expect(ann.page.locator("#fh-message")).to_contain_text("Not submitted, and kept in this browser")
        assert ann.text("#fh-state") == "Not submitted"
    with serving(studies, tmp_path / "server", port=port) as second:
        ann.open("p0")
        assert_array_equal(ann.mask, drawn)
        assert "unsent work" in ann.text("#fh-message")
        ann.button("Submit")
        expect(ann.page.locator("#fh-state")).to_have_text("Submitted")
        assert_array_equal(_label(second, "p0"), drawn)
        ann.page.reload()
        ann.settled("")
        assert ann.text("#fh-message") == ""
    ann.leave()
