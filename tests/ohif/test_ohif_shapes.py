"""Ellipse and rectangle in a hand that shakes, or takes back what it is still drawing."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from desk import Desk
from numpy.testing import assert_array_equal

pytestmark = pytest.mark.slow
Sit = Callable[[], Desk]
HANDLES = "fetalHead.toolbox.tool.drawn().handles"


def test_a_click_that_shakes_does_not_take_the_head_away(named_desk: Sit) -> None:
    ann = named_desk()
    ann.open("p8")
    before = ann.mask
    ann.press("1")
    ann.press("h")
    x, y = ann.on_screen(30, 30)
    ann.page.mouse.move(x, y)
    ann.page.mouse.down()
    ann.page.mouse.move(x + 2, y + 1)
    ann.page.mouse.up()
    assert_array_equal(ann.mask, before)
    ann.drag((30, 30), (90, 70))
    assert ann.mask[50, 60] == 1, "a drag draws another one"
    assert (ann.mask == 1).sum() == pytest.approx(3.14 * 30 * 20, rel=0.1)


def test_what_is_taken_back_while_it_is_drawn_takes_its_handles_along(named_desk: Sit) -> None:
    ann = named_desk()
    ann.open("p8")
    before = ann.mask
    ann.press("1")
    ann.press("h")
    handles = ann.page.evaluate(HANDLES)
    end = handles[1]
    ann.down(end["x"], end["y"])
    ann.move(end["x"] - 60, end["y"] + 20)
    ann.press("z")
    ann.move(end["x"] - 80, end["y"] + 20)
    ann.page.mouse.up()
    assert_array_equal(ann.mask, before)
    assert ann.page.evaluate(HANDLES) == handles
