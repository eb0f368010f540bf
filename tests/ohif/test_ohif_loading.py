"""Nothing is drawn or submitted before the mask of the open image is there, and an address never shows another image."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
import requests
from desk import WHO, Desk
from handing_in import finals
from numpy.testing import assert_array_equal
from playwright.sync_api import expect

from fetal_head.config import load_settings
from fetal_head.store.sql.tables import Reservation
from fetal_head.store.store import Store
from serving import Server

pytestmark = pytest.mark.slow
Sit = Callable[[], Desk]
DRAFTS = "Object.keys(localStorage).filter((key) => key.includes('draft'))"


def _try_to_work(ann: Desk) -> None:
    """Draws in the middle of the picture, says something of a structure, and submits."""
    ann.press("3")
    ann.page.mouse.move(400, 400)
    ann.page.mouse.down()
    ann.page.mouse.move(500, 500, steps=4)
    ann.page.mouse.up()
    ann.page.get_by_label("CSP is").select_option("unknown")
    ann.page.get_by_label("CSP is").select_option("annotated")
    ann.press("Control+s")
    ann.press("Space")


def test_without_a_mask_there_is_nothing_to_submit(named: Server, named_desk: Sit) -> None:
    ann = named_desk()
    state = ann.page.locator("#fh-state")
    let_go = ann.hold("**/infer/**")
    ann.page.goto(f"{named.url}/ohif/fetal?image=p3")
    expect(state).to_have_text("Loading …")
    _try_to_work(ann)
    let_go()
    assert ann.settled("") == "p3"
    assert (ann.text("#fh-state"), ann.page.evaluate(DRAFTS)) == ("Not submitted", [])
    predicted = ann.mask

    with ann.away("**/infer/**"):
        # a page that begins asks who is there
        ann.page.route(WHO, lambda route: route.continue_(), times=1)
        ann.page.reload()
        expect(state).to_have_text("Not loaded")
        assert ann.text("#fh-message") == "No mask: The server cannot be reached."
        _try_to_work(ann)
        assert (ann.text("#fh-state"), ann.page.evaluate(DRAFTS)) == ("Not loaded", [])
    ann.button("Try again")
    assert ann.settled("") == "p3"
    assert_array_equal(ann.mask, predicted)
    expect(ann.page.get_by_role("button", name="Try again")).to_be_hidden()
    ann.press("z")
    assert_array_equal(ann.mask, predicted), "there is nothing before the first mask"
    assert finals(named, "p3") == []
    assert ann.errors == []


def test_while_the_next_image_comes_nothing_is_drawn_on_the_one_before(named_desk: Sit) -> None:
    ann = named_desk()
    image = ann.open("p4")
    let_go = ann.hold("**/dicom-web/**")
    ann.press("n")
    expect(ann.page.locator("#fh-state")).to_have_text("Loading …")
    _try_to_work(ann)
    let_go()
    following = ann.settled(image)
    assert ann.page.evaluate(DRAFTS) == []
    ann.open(image)
    assert ann.text("#fh-message") == ""
    ann.open(following)
    assert ann.text("#fh-message") == ""


def test_what_is_told_of_one_image_is_not_told_of_the_next(named_desk: Sit) -> None:
    ann = named_desk()
    ann.open("p4")
    ann.press("n")
    image = ann.settled("p4")
    told = ann.page.locator("#fh-reason, .structure .told")
    expect(told.first).to_contain_text("rank 1 of")
    # of an image that was open before the viewer asks for nothing again
    let_go = ann.hold("**/worklist/*?*")
    ann.press("n")
    expect(ann.page.locator("#fh-state")).to_have_text("Loading …")
    assert told.all_inner_texts() == ["", "", "", ""]
    let_go()
    ann.settled(image)
    expect(told.first).to_contain_text("rank 1 of")
    assert " px" in told.nth(1).inner_text()


def test_a_picture_that_did_not_come_can_be_asked_for_again(named_desk: Sit) -> None:
    ann = named_desk()
    ann.open("p6")
    ann.page.route("**/frames/**", lambda route: route.abort())
    ann.page.evaluate("void fetalHead._work.open('p7')")
    # long before a dead line is given up
    expect(ann.page.locator("#fh-message")).to_have_text("No mask: The image does not appear.", timeout=15_000)
    ann.page.unroute("**/frames/**")
    ann.button("Try again")
    assert ann.settled("p6") == "p7"
    drawn = ann.mask
    ann.press("3")
    ann.drag((40, 40), (90, 40))
    assert (ann.mask != drawn).any()
    assert ann.errors == []


def test_a_picture_that_comes_slowly_is_waited_for(named_desk: Sit) -> None:
    ann = named_desk()
    ann.open("p6")
    line = ann.page.context.new_cdp_session(ann.page)
    line.send("Network.enable")
    slow = {"offline": False, "latency": 0, "downloadThroughput": 30_000, "uploadThroughput": 30_000}
    line.send("Network.emulateNetworkConditions", slow)
    # for the page, it takes a minute
    ann.page.evaluate("(() => { const now = performance.now.bind(performance); performance.now = () => 4 * now(); })()")
    ann.page.evaluate("void fetalHead._work.open('p29')")
    expect(ann.page.locator("#fh-state")).to_have_text("Not submitted", timeout=60_000)
    assert (ann.settled("p6"), ann.text("#fh-message")) == ("p29", "")
    assert ann.errors == []


@pytest.mark.parametrize("lost", ["**/auth/token/valid", "**/structures.json", "**/dicom-web/**"])
def test_a_page_that_did_not_begin_begins_when_it_is_told_to_try_again(named: Server, named_desk: Sit, lost: str) -> None:
    ann = named_desk()
    ann.page.route(lost, lambda route: route.abort())
    ann.page.goto(f"{named.url}/ohif/fetal?image=p20")
    expect(ann.page.get_by_role("alert")).to_have_text(re.compile("The server cannot be reached.|No mask: "), timeout=15_000)
    ann.page.unroute(lost)
    ann.page.get_by_role("button", name="Try again").click(timeout=15_000)
    assert ann.settled("") == "p20"
    assert (ann.text("#fh-message"), ann.text("#fh-state")) == ("", "Not submitted")
    assert ann.errors == []


def test_a_prediction_speaks_of_what_people_are_asked_to_draw(named: Server, named_desk: Sit) -> None:
    ann = named_desk()
    told = requests.get(f"{named.url}/ohif/fetal-head/structures.json", timeout=10).json()
    assert [structure["asked"] for structure in told] == [True] * 3
    heads = [{**structure, "asked": structure["name"] == "BRAIN"} for structure in told]
    ann.page.route("**/structures.json", lambda route: route.fulfill(json=heads))
    ann.open("p20")
    assert ann.annotated == ["BRAIN"]
    ann.press("3")
    ann.drag((40, 40), (90, 40))
    assert ann.annotated == ["BRAIN", "LV"]
    ann.button("Load version 1")
    expect(ann.page.get_by_label("LV is")).to_have_value("unknown")
    assert ann.annotated == ["BRAIN"]
    assert ann.errors == []


@pytest.mark.parametrize(("awaited", "image"), [("**/activelearning/**", "p5"), ("**/datastore/label?*", "p1")])
def test_what_is_drawn_before_the_next_image_comes_is_not_left(named: Server, named_desk: Sit, awaited: str, image: str) -> None:
    ann = named_desk()
    ann.open(image)
    predicted, before = ann.mask, len(finals(named, image))
    let_go = ann.hold(awaited)
    ann.press("Space")
    ann.press("3")
    ann.drag((40, 40), (90, 40))
    drawn = ann.mask
    let_go()
    expect(ann.page.locator("#fh-message")).to_have_text("The next image waits: what was drawn since is not submitted.")
    assert (ann.settled(""), ann.text("#fh-state")) == (image, "Not submitted")
    assert_array_equal(ann.mask, drawn)
    assert np.any(drawn != predicted)
    ann.press("Space")
    ann.settled(image)
    assert len(finals(named, image)) == before + 2


def test_an_address_shows_the_image_that_it_names_or_says_why_not(named: Server, named_desk: Sit) -> None:
    def identified(image: str) -> str:
        answer = requests.get(f"{named.url}/datastore/image/dicom", params={"image": image}, timeout=60).json()
        return f"StudyInstanceUIDs={answer['StudyInstanceUID']}&SeriesInstanceUIDs={answer['SeriesInstanceUID']}"

    ann = named_desk()
    ann.page.goto(f"{named.url}/ohif/fetal?image=p6&{identified('p7')}")
    assert ann.settled("") == "p6"
    assert parse_qs(urlsplit(ann.page.url).query) == parse_qs(f"image=p6&{identified('p6')}")
    shown = ann.page.evaluate(
        "cornerstone.metaData.get('instance', fetalHead.viewer.viewport.getCurrentImageId()).SeriesInstanceUID"
    )
    assert shown in identified("p6")

    ann.page.goto(f"{named.url}/ohif/fetal?image=p99&{identified('p7')}")
    expect(ann.page.get_by_role("alert")).to_have_text("No image: there is no such image")
    ann.page.route("**/info/", lambda route: route.fulfill(status=503, json={"detail": "the disk is full"}))
    ann.page.goto(f"{named.url}/ohif/fetal")
    expect(ann.page.get_by_role("alert")).to_have_text("No image: the disk is full")
    ann.page.unroute("**/info/")
    ann.page.get_by_role("link", name="Try again").click()
    assert ann.settled("")
    assert ann.errors == []


def test_whoever_has_an_image_open_keeps_it(named: Server, named_desk: Sit) -> None:
    ann, store = named_desk(), Store.open(named.studies, load_settings().store)
    ann.page.goto(f"{named.url}/ohif/fetal?image=p3")
    assert ann.settled("") == "p3"
    held = {"image": "p3", "who": ann.page.evaluate("localStorage.getItem('fetal-head name')")}

    def draw() -> None:
        ann.press("3")
        ann.drag((30, 30), (60, 60))

    for does in (lambda: ann.button("Predict again"), draw):
        ends = int(time.time()) + 60
        with store.writing() as (session, _):
            session.merge(Reservation(**held, until=ends))
        does()
        for _ in range(100):
            with store.reading() as session:
                if session.get_one(Reservation, tuple(held.values())).until > ends:
                    break
            ann.page.wait_for_timeout(100)
        else:
            raise AssertionError("his lease is not renewed")
        # until all that was asked is answered
        ann.page.wait_for_timeout(1000)


def test_while_the_server_does_not_answer_the_page_says_so(named_desk: Sit) -> None:
    ann = named_desk()
    image = ann.open("p10")
    let_go = ann.hold("**/datastore/label?*")
    ann.press("Control+s")
    for leave in (lambda: ann.press("n"), lambda: ann.button("Skip")):
        ann.page.evaluate("fetalHead.heading.say('')")
        leave()
        expect(ann.page.locator("#fh-message")).to_have_text(
            "The server has not answered yet: nothing else is done until it has."
        )
    let_go()
    expect(ann.page.locator("#fh-state")).to_have_text("Submitted")
    expect(ann.page.locator("#fh-message")).to_have_text("")
    assert ann.page.evaluate("fetalHead.image") == image
