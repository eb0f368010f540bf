"""A hand that is faster than the screen."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from desk import Desk

pytestmark = pytest.mark.slow
# a mouse tells of a thousand places a second, which the browser hands over in one event each time that it draws
FAST = """(place) => {
    const element = fetalHead.viewer.element;
    element.setPointerCapture = () => {};
    const heard = (type, [clientX, clientY], more = {}) =>
        new PointerEvent(type, { bubbles: true, isPrimary: true, buttons: 1, clientX, clientY, ...more });
    const way = Array.from({ length: 32 }, (_, i) => [place[0] + 2 * i, place[1] + (i % 16)]);
    const show = fetalHead.viewer.show.bind(fetalHead.viewer);
    let times = 0;
    fetalHead.viewer.show = (mask) => { times += 1; show(mask); };
    element.dispatchEvent(heard('pointerdown', way[0], { button: 0 }));
    const coalescedEvents = way.map((at) => heard('pointermove', at));
    element.dispatchEvent(heard('pointermove', way.at(-1), { coalescedEvents }));
    element.dispatchEvent(heard('pointerup', way.at(-1), { button: 0, buttons: 0 }));
    return { times, way: way.map(([x, y]) => {
        const { left, top } = element.getBoundingClientRect();
        return fetalHead.viewer.toImage(x - left, y - top);
    }) };
}"""


@pytest.mark.parametrize("tool", ["b", "r"])
def test_a_fast_mouse_is_followed_on_all_of_its_way_and_drawn_once(named_desk: Callable[[], Desk], tool: str) -> None:
    ann = named_desk()
    ann.open("p21")
    ann.page.get_by_label("Brush size").fill("2")
    ann.press("3")
    ann.press(tool)
    found = ann.page.evaluate(FAST, ann.on_screen(20, 20))
    drawn, ends = ann.mask == 3, found["way"]
    if tool == "b":
        assert all(drawn[round(at["y"]), round(at["x"])] for at in ends)
    else:
        _, columns = np.nonzero(drawn)
        assert (columns.min(), columns.max()) == pytest.approx((ends[0]["x"], ends[-1]["x"]), abs=1)
    # press, way and end
    assert found["times"] <= 3
    ann.press("z")
    assert not (ann.mask == 3)[:40, :40].any(), "it is one step"
    assert ann.errors == []
