"""A real browser, the real OHIF, a real server: what is on the screen is what is stored."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import requests
from axe_playwright_python.sync_playwright import Axe
from correcting import correct, middle
from desk import Desk
from numpy.testing import assert_array_equal
from playwright.sync_api import expect

from fetal_head.imaging import read_mask
from serving import Server

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
    ann.page.wait_for_function("fetalHead.editor.steps === 2")
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
    ask_both = [each.hold("**/activelearning/**") for each in (ann, ben)]
    for each in (ann, ben):
        each.page.goto(f"{server.url}/ohif/fetal", wait_until="commit")
    for ask in ask_both:
        ask()
    first, other = ann.settled(""), ben.settled("")
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


def test_the_next_image_comes_by_the_strategy_that_was_chosen(server: Server, desk: Sit) -> None:
    ann = desk()
    image = ann.open()
    left = requests.get(f"{server.url}/worklist", params={"status": "open"}, timeout=60).json()["images"]
    ann.page.get_by_label("Next by").select_option("first")
    with ann.page.expect_request("**/activelearning/first"):
        ann.button("Next")
    # the first by name of those that nobody has, or else of all but the one that was open
    others = [each for each in left if each["id"] != image]
    free = [each for each in others if each["held_by"] is None]
    assert ann.settled(image) == min(each["id"] for each in free or others)
    with ann.page.expect_request("**/activelearning/first"):
        ann.page.goto(f"{server.url}/ohif/fetal")
    ann.settled("")
    expect(ann.page.get_by_label("Next by")).to_have_value("first")


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


def test_a_comment_on_one_image_is_not_kept_for_the_next(desk: Sit) -> None:
    ann = desk()
    ann.open("p6")
    fields = [ann.page.get_by_label(name, exact=True) for name in ("Flag", "Review")]
    for field in fields:
        field.fill("two heads: twins of this patient")
    ann.button("Next")
    ann.settled("p6")
    for field in fields:
        expect(field).to_have_value("")


@pytest.mark.parametrize("page", ["/ohif/", "/ohif/fetal?image=p5"])
def test_no_serious_fault_of_accessibility(server: Server, desk: Sit, page: str) -> None:
    ann = desk()
    ann.page.goto(server.url + page)
    ann.page.wait_for_selector("#images tr, [aria-label=Biometry] tbody tr")
    found = Axe().run(ann.page, context=".fetal-head").response["violations"]
    assert [(f["id"], f["nodes"][0]["html"]) for f in found if f["impact"] in ("serious", "critical")] == []
