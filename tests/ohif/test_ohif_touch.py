"""Fingers: one draws, two move the image and draw nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from desk import Desk
from numpy.testing import assert_array_equal

pytestmark = pytest.mark.slow
Sit = Callable[[], Desk]
Places = list[tuple[float, float]]
VIEW = "({ zoom: fetalHead.viewer.viewport.getZoom(), range: fetalHead.viewer.viewport.getProperties().voiRange })"


class Fingers:
    """Some on the screen, each where it is known by its number."""

    def __init__(self, ann: Desk) -> None:
        self._touch = ann.page.context.new_cdp_session(ann.page)

    def go(self, kind: str, *places: tuple[float, float]) -> None:
        """All at once: `touchStart`, `touchMove` or `touchEnd`, with those that are down then."""
        points = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(places)]
        self._touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})


def test_one_finger_draws_all_of_its_way_and_changes_nothing_else(named_desk: Sit) -> None:
    ann = named_desk()
    ann.open("p24")
    before, view = ann.mask, ann.page.evaluate(VIEW)
    fingers, way = Fingers(ann), [ann.on_screen(x, 40) for x in range(40, 300, 20)]
    ann.press("3")
    fingers.go("touchStart", way[0])
    for place in way[1:]:
        fingers.go("touchMove", place)
    fingers.go("touchEnd")
    assert (ann.mask[40, 40:280] == 3).all()
    ann.press("z")
    assert_array_equal(ann.mask, before), "it is one step"
    assert ann.page.evaluate(VIEW) == view
    assert ann.errors == []


@pytest.mark.parametrize("tool", ["b", "f", "p", "h"])
def test_two_fingers_zoom_and_draw_nothing(named_desk: Sit, tool: str) -> None:
    ann = named_desk()
    ann.open("p25")
    before: dict[str, Any] = {"mask": ann.mask, "view": ann.page.evaluate(VIEW), "annotated": ann.annotated}
    fingers = Fingers(ann)
    ann.press("1")
    ann.press(tool)
    # the second one comes a little later, as it does
    fingers.go("touchStart", (300, 400))
    fingers.go("touchMove", (305, 402))
    for apart in range(0, 120, 20):
        fingers.go("touchMove" if apart else "touchStart", (300 - apart, 400), (400 + apart, 400))
    fingers.go("touchEnd", (200, 400))
    fingers.go("touchMove", (210, 420))
    fingers.go("touchEnd")
    after = ann.page.evaluate(VIEW)
    assert after["zoom"] > 1.2 * before["view"]["zoom"]
    assert after["range"] == before["view"]["range"]
    assert_array_equal(ann.mask, before["mask"])
    assert ann.page.evaluate("[fetalHead.editor.steps, fetalHead.toolbox.isBegun]") == [0, False]
    assert ann.annotated == before["annotated"]
    # one finger draws again
    ann.press("b")
    ann.press("3")
    fingers.go("touchStart", (300, 300))
    fingers.go("touchEnd")
    assert np.any(ann.mask != before["mask"])
    assert ann.errors == []


def test_with_ctrl_the_left_button_changes_the_contrast_and_draws_nothing(named_desk: Sit) -> None:
    ann = named_desk()
    ann.open("p25")
    before, view = ann.mask, ann.page.evaluate(VIEW)
    ann.page.keyboard.down("Control")
    ann.drag((100, 100), (200, 160))
    ann.page.keyboard.up("Control")
    assert ann.page.evaluate(VIEW)["range"] != view["range"]
    assert_array_equal(ann.mask, before)
