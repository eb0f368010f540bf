"""Browsers that keep nothing: the page works, keeps what is drawn itself, and says so."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from desk import Desk
from handing_in import label_of
from numpy.testing import assert_array_equal
from playwright.sync_api import expect

from serving import Server

pytestmark = pytest.mark.slow
Sit = Callable[[], Desk]
DENIED = """Object.defineProperty(window, "localStorage", {
    configurable: true,
    get() { throw new DOMException("denied", "SecurityError"); },
})"""
NONE = 'Object.defineProperty(window, "localStorage", { configurable: true, value: null })'
FULL = 'Storage.prototype.setItem = () => { throw new DOMException("full", "QuotaExceededError"); }'


@pytest.mark.parametrize(("storage", "image"), [(DENIED, "p26"), (NONE, "p27"), (FULL, "p28")])
def test_without_a_storage_the_page_keeps_what_is_drawn_and_says_so(
    named: Server, named_desk: Sit, storage: str, image: str
) -> None:
    ann = named_desk()
    ann.page.add_init_script(storage)
    ann.page.goto(f"{named.url}/ohif/")
    expect(ann.page.locator("#images tr").first).to_be_visible(timeout=20_000)
    ann.open(image)
    ann.press("3")
    ann.drag((40, 40), (90, 40))
    drawn, message = ann.mask, ann.page.locator("#fh-message")
    expect(message).to_have_text(
        "This page alone keeps your work, as the browser takes none: submit it before you leave the page."
    )
    with ann.away("**/datastore/label?*"):
        ann.button("Submit")
        expect(message).to_have_text("Not submitted, and kept by this page alone: The server cannot be reached.")
    ann.press("n")
    ann.settled(image)
    # also for an image that is not open
    with ann.page.expect_event("dialog", timeout=20_000) as asked:
        ann.page.once("dialog", lambda dialog: dialog.dismiss())
        ann.page.close(run_before_unload=True)
    assert asked.value.type == "beforeunload"
    ann.page.evaluate("image => fetalHead._work.open(image)", image)
    expect(message).to_contain_text("Your unsent work")
    assert_array_equal(ann.mask, drawn)
    ann.button("Submit")
    expect(ann.page.locator("#fh-state")).to_have_text("Submitted")
    assert_array_equal(label_of(named, image), drawn)
    assert ann.page.evaluate("dispatchEvent(new Event('beforeunload', { cancelable: true }))"), "nothing is left to lose"
    assert ann.errors == []
