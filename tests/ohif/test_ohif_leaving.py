"""How one leaves an image: nothing that was drawn is lost without a question, and what the page says of it is so."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from desk import Desk, phantoms
from numpy.testing import assert_array_equal
from playwright.sync_api import Browser, Dialog, expect

from serving import Server, serving

pytestmark = pytest.mark.slow
Sit = Callable[[], Desk]
NOT_CLOSED = "The polygon is not closed: Enter closes it, Escape gives it up."
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
