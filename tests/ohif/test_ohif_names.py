"""Whose work it is where nobody has to sign in."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import requests
from desk import Desk
from handing_in import finals
from playwright.sync_api import expect

from serving import Server

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("typed", [" ann ", "", "  "])
def test_who_works_is_one_and_the_same_in_all_that_he_does(server: Server, desk: Callable[[], Desk], typed: str) -> None:
    ann = desk()
    first = ann.open()
    field = ann.page.get_by_label("Your name")
    field.fill("somebody")
    field.fill(typed)
    ann.press("n")
    image = ann.settled(first)
    known = ann.page.evaluate("localStorage.getItem('fetal-head name')")
    assert known == "ann" if typed.strip() else known.startswith("browser-")
    expect(field).to_have_value(known)
    assert requests.get(f"{server.url}/worklist/{image}", timeout=60).json()["held_by"] == known
    ann.button("Submit")
    expect(ann.page.locator("#fh-state")).to_have_text("Submitted")
    assert finals(server, image)[-1]["who"] == known


def test_who_works_stays_who_he_is_where_another_tab_is_somebody_elses(named_desk: Callable[[], Desk]) -> None:
    ann = named_desk()
    ann.open("p8")
    ann.page.get_by_label("Your name").fill("ann")
    ben = ann.page.context.new_page()
    ben.goto(f"{ann.url}/ohif/fetal?image=p9")
    ben.get_by_label("Your name").fill("ben")
    said: list[str] = []
    ann.page.on("request", lambda request: said.append(request.post_data or ""))
    # what he is given is his as long as he works on it, under his own name
    with ann.page.expect_request("**/infer/**"):
        ann.button("Predict again")
    ann.page.wait_for_function("fetalHead.editor.steps === 1")
    with ann.page.expect_request("**/datastore/label?*"):
        ann.press("Control+s")
    expect(ann.page.locator("#fh-state")).to_have_text("Submitted")
    assert [name for name in ("ann", "ben") if any(f'"client_id":"{name}"' in each for each in said)] == ["ann"]
    ann.press("3")
    ann.drag((40, 40), (90, 40))
    drafts = "Object.entries(localStorage).filter(([key]) => key.includes('draft')).map(([, kept]) => JSON.parse(kept).who)"
    assert ann.page.evaluate(drafts) == ["ann"]
