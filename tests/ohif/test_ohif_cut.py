"""A head that the field of view cuts: its label does not speak of BRAIN, and nobody is told otherwise."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from desk import Desk
from handing_in import finals
from numpy.testing import assert_array_equal
from playwright.sync_api import expect

from serving import Server

pytestmark = pytest.mark.slow


def test_what_is_drawn_after_a_cut_head_was_submitted_began_with_that_label(
    named: Server, named_desk: Callable[[], Desk]
) -> None:
    ann = named_desk()
    ann.open("p34")
    ann.press("e")
    ann.page.get_by_label("Brush size").fill("60")
    for y in range(30, ann.mask.shape[0], 60):
        ann.drag((0, y), (ann.mask.shape[1] - 1, y))
    assert not (ann.mask == 1).any()
    ann.button("Submit")
    expect(ann.page.locator("#fh-state")).to_have_text("Submitted")
    assert finals(named, "p34")[-1]["annotated"] == ["CSP", "LV"]
    ann.press("b")
    ann.press("3")
    ann.drag((40, 40), (90, 40))
    drawn = ann.mask
    ann.open("p34")
    assert_array_equal(ann.mask, drawn)
    said = ann.text("#fh-message")
    assert said.startswith("Your unsent work")
    assert said.endswith("is back."), "nobody else has submitted anything"
    ann.press("1")
    ann.drag((40, 150), (90, 150))
    ann.button("Submit")
    expect(ann.page.locator("#fh-state")).to_have_text("Submitted")
    assert finals(named, "p34")[-1]["annotated"] == ["BRAIN", "CSP", "LV"]
