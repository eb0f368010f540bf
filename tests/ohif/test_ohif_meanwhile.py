"""Labels of others that come while one draws."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from desk import Desk
from handing_in import finals, hand_in, label_of
from numpy.testing import assert_array_equal
from numpy.typing import NDArray
from playwright.sync_api import Dialog, Route, expect

from serving import Server

pytestmark = pytest.mark.slow
Sit = Callable[[], Desk]


def _overtaken(server: Server, ann: Desk, image: str) -> NDArray[np.uint8]:
    """Draws on the open image, of which Ben has handed in a label since; gives his."""
    theirs = ann.mask
    theirs[:20, :20] = 3
    hand_in(server, image, theirs, client_id="ben")
    ann.press("3")
    ann.drag((40, 40), (90, 40))
    return theirs


def test_a_label_that_came_in_since_is_replaced_only_by_whoever_wants_that(named: Server, named_desk: Sit) -> None:
    ann = named_desk()
    ann.open("p18")
    ann.page.get_by_label("Your name").fill("ann")
    theirs = _overtaken(named, ann, "p18")
    drawn = ann.mask
    with ann.page.expect_event("dialog") as asked:
        ann.page.once("dialog", lambda dialog: dialog.dismiss())
        ann.button("Submit")
    assert "version 2 by ben became the label of 'p18'" in asked.value.message
    expect(ann.page.locator("#fh-message")).to_contain_text("Not submitted, and kept in this browser: version 2 by ben")
    assert_array_equal(label_of(named, "p18"), theirs)
    ann.page.once("dialog", lambda dialog: dialog.accept())
    ann.button("Submit")
    expect(ann.page.locator("#fh-state")).to_have_text("Submitted")
    assert_array_equal(label_of(named, "p18"), drawn)
    assert [entry["who"] for entry in finals(named, "p18")] == ["ben", "ann"]
    # the next one follows one's own
    ann.drag((40, 50), (90, 50))
    ann.button("Submit")
    expect(ann.page.get_by_role("button", name="Load version 4")).to_be_visible()
    assert ann.errors == []


def test_what_is_drawn_before_one_replaces_another_label_is_the_label_too(named: Server, named_desk: Sit) -> None:
    ann = named_desk()
    ann.open("p17")
    _overtaken(named, ann, "p17")
    let_go = ann.hold("**/datastore/label?*")
    ann.press("Control+s")
    ann.drag((40, 80), (90, 80))
    drawn = ann.mask
    ann.page.once("dialog", lambda dialog: dialog.accept())
    let_go()
    expect(ann.page.get_by_role("button", name="Load version 3")).to_be_visible()
    assert ann.text("#fh-state") == "Submitted"
    assert_array_equal(label_of(named, "p17"), drawn)
    ann.press("z")
    assert ann.text("#fh-state") == "Not submitted", "the server has the second stroke"


def test_a_label_that_comes_while_one_is_asked_is_asked_about_as_well(named: Server, named_desk: Sit) -> None:
    ann = named_desk()
    ann.open("p19")
    theirs = _overtaken(named, ann, "p19")
    drawn = ann.mask
    asked: list[str] = []

    def answer(dialog: Dialog) -> None:
        asked.append(dialog.message)
        if len(asked) == 1:
            theirs[:20, :20] = 2
            hand_in(named, "p19", theirs, client_id="cleo")
            dialog.accept()
        else:
            dialog.dismiss()

    ann.page.on("dialog", answer)
    ann.button("Submit")
    expect(ann.page.locator("#fh-message")).to_contain_text("Not submitted, and kept in this browser", timeout=15_000)
    assert [message.partition(" became")[0] for message in asked] == ["version 2 by ben", "version 3 by cleo"]
    assert_array_equal(label_of(named, "p19"), theirs)
    ann.page.remove_listener("dialog", answer)
    ann.page.once("dialog", lambda dialog: dialog.accept())
    ann.button("Submit")
    expect(ann.page.locator("#fh-state")).to_have_text("Submitted")
    assert_array_equal(label_of(named, "p19"), drawn)
    assert ann.errors == []


def _lose_the_answer(ann: Desk) -> None:
    """Submits; the server has it, and the page never hears of that."""

    def commit(route: Route) -> None:
        answer = route.fetch()
        if answer.ok:
            route.abort()
        else:
            route.fulfill(response=answer)

    ann.page.evaluate("fetalHead.heading.say('')")
    ann.page.route("**/datastore/label?*", commit)
    ann.button("Submit")
    expect(ann.page.locator("#fh-message")).to_contain_text("Not submitted, and kept in this browser")
    ann.page.unroute("**/datastore/label?*")


def test_what_is_drawn_after_an_answer_was_lost_follows_ones_own_label_without_a_question(named: Server, named_desk: Sit) -> None:
    ann = named_desk()
    ann.open("p31")
    asked: list[str] = []

    def decline(dialog: Dialog) -> None:
        asked.append(dialog.message)
        dialog.dismiss()

    ann.page.on("dialog", decline)
    ann.press("3")
    for row in (40, 60):
        ann.drag((40, row), (90, row))
        _lose_the_answer(ann)
        assert_array_equal(label_of(named, "p31"), ann.mask)
    ann.drag((40, 80), (90, 80))
    ann.button("Submit")
    expect(ann.page.locator("#fh-state")).to_have_text("Submitted")
    assert_array_equal(label_of(named, "p31"), ann.mask)
    assert (len(finals(named, "p31")), asked) == (3, [])
    # what another one made of it since is asked about
    ann.drag((40, 100), (90, 100))
    _lose_the_answer(ann)
    _overtaken(named, ann, "p31")
    ann.button("Submit")
    expect(ann.page.locator("#fh-message")).to_contain_text("by ben became the label")
    assert len(asked) == 1
    assert ann.errors == []


def test_the_same_mask_by_another_one_is_not_taken_for_what_never_arrived(named: Server, named_desk: Sit) -> None:
    ann = named_desk()
    ann.open("p35")
    predicted = ann.mask
    with ann.away("**/datastore/label?*"):
        ann.button("Submit")
        expect(ann.page.locator("#fh-message")).to_contain_text("The server cannot be reached.")
    hand_in(named, "p35", predicted, client_id="ben")
    ann.press("3")
    ann.drag((40, 40), (90, 40))
    asked: list[str] = []
    ann.page.on("dialog", lambda dialog: (asked.append(dialog.message), dialog.dismiss()))
    ann.button("Submit")
    expect(ann.page.locator("#fh-message")).to_contain_text("by ben became the label")
    assert len(asked) == 1
    assert [entry["who"] for entry in finals(named, "p35")] == ["ben"]
    assert ann.errors == []


def test_what_is_undone_after_an_answer_was_lost_is_not_called_submitted(named: Server, named_desk: Sit) -> None:
    ann = named_desk()
    ann.open("p30")
    ann.button("Submit")
    expect(ann.page.locator("#fh-state")).to_have_text("Submitted")
    meant = ann.mask
    ann.press("3")
    ann.drag((40, 40), (90, 40))
    _lose_the_answer(ann)
    ann.press("z")
    assert ann.text("#fh-state") == "Not submitted", "the server has what was undone"
    ann.button("Submit")
    expect(ann.page.locator("#fh-state")).to_have_text("Submitted")
    assert_array_equal(label_of(named, "p30"), meant)
    assert ann.errors == []


def test_a_server_that_can_be_reached_again_is_not_said_to_be_away(named_desk: Sit) -> None:
    ann = named_desk()
    ann.open("p32")
    message = ann.page.locator("#fh-message")
    ann.page.context.set_offline(True)
    ann.button("Submit")
    said = "Not submitted, and kept in this browser: The server"
    expect(message).to_have_text(f"{said} cannot be reached.")
    ann.page.wait_for_timeout(5000)
    assert ann.text("#fh-message") == f"{said} cannot be reached."
    ann.page.context.set_offline(False)
    expect(message).to_have_text(f"{said} can be reached again.", timeout=30_000)
    assert ann.errors == []
