"""Whoever works by the keyboard alone stays on the button that he has pressed."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from desk import Desk
from handing_in import finals
from playwright.sync_api import expect

from serving import Server

pytestmark = pytest.mark.slow


def test_space_presses_the_button_again_and_submits_nothing(named: Server, named_desk: Callable[[], Desk]) -> None:
    ann = named_desk()
    ann.open("p22")
    predict = ann.page.get_by_role("button", name="Predict again")
    predict.focus()
    let_go = ann.hold("**/infer/**")
    # the second one while the server has not answered the first
    for _ in range(2):
        ann.page.keyboard.press("Space")
    ann.page.wait_for_timeout(500)
    let_go()
    ann.page.wait_for_function("fetalHead.editor?.steps === 1", timeout=15_000)
    expect(predict).to_be_focused(timeout=5000)
    expect(predict).to_be_enabled()
    with ann.page.expect_request("**/infer/**", timeout=5000):
        ann.page.keyboard.press("Space")
    assert (ann.page.evaluate("fetalHead.image"), finals(named, "p22")) == ("p22", [])
    assert ann.errors == []


def test_after_a_label_was_approved_the_next_key_submits_nothing_in_its_place(
    named: Server, named_desk: Callable[[], Desk]
) -> None:
    ann = named_desk()
    ann.open("p23")
    ann.button("Submit")
    ann.page.get_by_role("button", name="Approve version 2").focus()
    ann.page.keyboard.press("Space")
    expect(ann.page.locator("#fh-message")).to_have_text("Version 2 of p23 is approved.")
    with ann.page.expect_response("**/history/p23/2/label", timeout=15_000):
        ann.page.keyboard.press("Space")
    expect(ann.page.get_by_role("button", name="Load version 2")).to_be_focused()
    assert ann.page.evaluate("fetalHead.image") == "p23"
    assert [entry["status"] for entry in finals(named, "p23")] == ["approved"]
    assert ann.errors == []
