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
