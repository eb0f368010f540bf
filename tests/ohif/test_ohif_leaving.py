"""How one leaves an image: nothing that was drawn is lost without a question, and what the page says of it is so."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import requests
from desk import Desk, phantoms
from numpy.testing import assert_array_equal
from playwright.sync_api import Browser, Dialog, expect

from serving import Server, serving

pytestmark = pytest.mark.slow
Sit = Callable[[], Desk]
NOT_CLOSED = "The polygon is not closed: Enter closes it, Escape gives it up."
# as when another tab keeps work on the same picture
KEPT_ELSEWHERE = """() => {
    const { place, picture } = fetalHead.editor;
    localStorage.setItem(`fetal-head draft  ${place} ${picture}`, "of another tab");
}"""
CORNERS = "fetalHead.toolbox.tool.drawn().handles.length"


@pytest.fixture(scope="module")
def left(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A study whose images are set aside as they are left."""
    with serving(phantoms(tmp_path_factory.mktemp("studies"), 8), tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture
def ann(browser: Browser, left: Server) -> Iterator[Desk]:
    desk = Desk(browser, left.url)
    yield desk
    assert desk.errors == []
    desk.leave()


def _begin_a_polygon(ann: Desk) -> None:
    ann.press("2")
    ann.press("p")
    for corner in ((30, 30), (70, 30), (50, 60)):
        ann.click(*corner)


def _declined(ann: Desk, leave: Callable[[], object]) -> Dialog:
    with ann.page.expect_event("dialog", timeout=20_000) as asked:
        ann.page.once("dialog", lambda dialog: dialog.dismiss())
        leave()
    return asked.value


def test_the_corners_of_an_open_polygon_outlast_another_tool_and_are_not_left_without_a_question(ann: Desk) -> None:
    image = ann.open("p0")
    before = ann.mask
    _begin_a_polygon(ann)
    for choose in (lambda: ann.press("b"), lambda: ann.button("Eraser"), lambda: ann.press("p")):
        ann.page.evaluate("fetalHead.heading.say('')")
        choose()
        expect(ann.page.locator("#fh-message")).to_have_text(NOT_CLOSED)
        assert ann.page.evaluate(CORNERS) == 3
    assert _declined(ann, lambda: ann.page.close(run_before_unload=True)).type == "beforeunload"
    assert ann.page.evaluate(CORNERS) == 3
    ann.press("Enter")
    assert ann.mask[40, 50] == 2
    expect(ann.page.locator("#fh-message")).to_have_text("")
    ann.press("b")
    expect(ann.page.get_by_role("button", name="Brush", exact=True)).to_have_attribute("aria-pressed", "true")
    ann.press("z")
    assert_array_equal(ann.mask, before)

    let_go = ann.hold("**/activelearning/**")
    ann.press("n")
    _begin_a_polygon(ann)
    assert "Leave it, and lose it?" in _declined(ann, let_go).message
    assert (ann.page.evaluate("fetalHead.image"), ann.page.evaluate(CORNERS)) == (image, 3)


@pytest.mark.parametrize(("name", "held"), [("Skip", "**/skip"), ("Flag", "**/flag")])
def test_what_is_drawn_while_an_image_is_set_aside_is_not_left_without_a_question(ann: Desk, name: str, held: str) -> None:
    image = ann.open()
    ann.page.get_by_label("Flag", exact=True).fill("twins")
    let_go = ann.hold(held)
    ann.button(name)
    ann.page.evaluate(KEPT_ELSEWHERE)
    ann.press("3")
    ann.drag((40, 40), (90, 40))
    drawn = ann.mask
    ann.press("n")
    expect(ann.page.locator("#fh-message")).to_contain_text("The server has not answered yet")
    assert "Leave it, and lose it?" in _declined(ann, let_go).message
    assert ann.page.evaluate("fetalHead.image") == image
    assert_array_equal(ann.mask, drawn)
    expect(ann.page.locator("#fh-message")).to_have_text("")


def test_a_flag_stays_where_no_next_image_comes(ann: Desk, left: Server) -> None:
    def flag() -> str:
        ann.page.evaluate("fetalHead.heading.say('')")
        ann.button("Flag")
        expect(ann.page.locator("#fh-message")).not_to_have_text("")
        return str(requests.get(f"{left.url}/worklist/{image}", timeout=60).json()["status"])

    image = ann.open()
    comment = ann.page.get_by_label("Flag", exact=True)
    comment.fill("twins")
    ann.page.route("**/flag", lambda route: route.abort())
    assert (flag(), comment.input_value()) == ("open", "twins")
    ann.page.unroute("**/flag")
    with ann.away("**/activelearning/**"):
        assert (flag(), ann.text("#fh-message")) == ("flagged", "The server cannot be reached.")
        assert flag() == "flagged", "he presses it again"
    ann.button("Flag")
    assert ann.settled(image) != image
    expect(comment).to_have_value("")


def test_only_a_flag_that_is_there_is_taken_away(ann: Desk, left: Server) -> None:
    url = f"{left.url}/worklist/p7"
    requests.post(f"{url}/flag", json={"comment": ""}, timeout=60).raise_for_status()
    ann.open("p7")
    message = ann.page.locator("#fh-message")
    ann.button("Flag")
    expect(message).to_have_text("The image has no flag: to set one, write in the field what is wrong with it.", timeout=15_000)
    requests.post(f"{url}/flag", json={"comment": "twins"}, timeout=60).raise_for_status()
    ann.button("Flag")
    expect(message).to_have_text("The flag is taken away.")
    assert requests.get(url, timeout=60).json()["flag"] is None
