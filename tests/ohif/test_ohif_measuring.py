"""The measurements beside the image are those of the mask that is on it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from desk import Desk
from playwright.sync_api import Route, expect

pytestmark = pytest.mark.slow
Sit = Callable[[], Desk]


def _abort(route: Route) -> None:
    route.abort()


def _refuse(route: Route) -> None:
    route.fulfill(status=503, json={"detail": "the database is busy: try again"})


@pytest.mark.parametrize(
    ("fail", "why"), [(_abort, "The server cannot be reached."), (_refuse, "the database is busy: try again")]
)
def test_what_could_not_be_measured_is_measured_once_the_server_answers(
    named_desk: Sit, fail: Callable[[Route], None], why: str
) -> None:
    ann = named_desk()
    ann.open("p8")
    before = ann.hc()
    ann.page.route("**/biometry?*", fail)
    ann.press("3")
    ann.click(40, 40)
    expect(ann.page.locator(".flags")).to_have_text(f"Not measured: {why}")
    ann.page.unroute("**/biometry?*")
    expect(ann.page.locator(".flags")).not_to_contain_text("Not measured", timeout=15_000)
    assert ann.hc() == pytest.approx(before, rel=0.05)
    assert ann.errors == []


def test_what_was_measured_amid_a_stroke_that_was_given_up_is_not_shown(named_desk: Sit) -> None:
    ann = named_desk()
    ann.open("p8")
    before = ann.hc()
    ann.press("2")
    ann.click(40, 40)
    ann.page.evaluate("(window.stroke = fetalHead.editor.begin()).show((mask) => mask.fill(1))")
    ann.page.wait_for_timeout(1000)
    ann.page.evaluate("stroke.drop()")
    expect(ann.page.locator("[aria-label=Biometry] table")).to_have_attribute("aria-busy", "false")
    assert ann.hc() == pytest.approx(before, rel=0.05)
    assert ann.errors == []
