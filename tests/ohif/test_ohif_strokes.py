"""What the hand does with the mouse and the keys, and what of it stays."""

from __future__ import annotations

import json
from collections.abc import Callable

import numpy as np
import pytest
import requests
from correcting import middle
from desk import Desk
from handing_in import finals, hand_in, label_of
from numpy.testing import assert_array_equal
from playwright.sync_api import expect

from serving import Server

pytestmark = pytest.mark.slow
Sit = Callable[[], Desk]


def test_a_stroke_ends_where_the_tool_is_put_down(named_desk: Sit) -> None:
    ann = named_desk()
    ann.open("p8")
    ann.press("3")
    for end in ("e", "pointercancel"):
        ann.press("b")
        ann.down(40, 40)
        ann.move(60, 40)
        if end == "e":
            ann.press(end)
        else:
            ann.page.evaluate("window.dispatchEvent(new PointerEvent('pointercancel', { pointerId: 1 }))")
        ann.page.mouse.up()
        ann.press("b")
        drawn = ann.mask
        ann.move(120, 120)
        assert_array_equal(ann.mask, drawn), end
        assert drawn[40, 50] == 3
        ann.press("z")
        assert ann.mask[40, 50] == 0, "it is one step"


def test_a_polygon_that_is_not_closed_is_neither_submitted_nor_lost(named_desk: Sit) -> None:
    ann = named_desk()
    image = ann.open("p11")
    before = ann.mask
    ann.press("2")
    ann.press("p")
    for corner in ((30, 30), (70, 30), (50, 60)):
        ann.click(*corner)
    for key in (" ", "n"):
        ann.press(key)
        expect(ann.page.locator("#fh-message")).to_have_text("The polygon is not closed: Enter closes it, Escape gives it up.")
    assert ann.page.evaluate("fetalHead.image") == image
    ann.press("Enter")
    assert ann.mask[40, 50] == 2
    assert not np.array_equal(ann.mask, before)
    ann.press("Control+s")
    expect(ann.page.locator("#fh-state")).to_have_text("Submitted")


def test_keys_clicks_and_what_is_erased(named_desk: Sit) -> None:
    ann = named_desk()
    ann.open("p9")
    size = ann.page.get_by_label("Brush size")
    before = int(size.input_value())
    # a US keyboard has + above =
    ann.press("Shift+Equal")
    assert int(size.input_value()) == before + 2
    ann.press("Minus")
    assert int(size.input_value()) == before

    ann.button("Submit")
    expect(ann.page.locator("#fh-state")).to_have_text("Submitted")
    ann.press("e")
    ann.press("2")
    ann.click(15, 15)
    assert ann.text("#fh-state") == "Submitted", "nothing was erased"
    submitted = ann.mask
    ann.press("b")
    ann.click(15, 15)
    x, y = middle(submitted, 1)
    ann.click(x, y)
    assert (ann.mask[15, 15], ann.mask[y, x], ann.text("#fh-state")) == (2, 2, "Not submitted")
    ann.press("e")
    ann.click(15, 15)
    ann.click(x, y)
    assert (ann.mask[15, 15], ann.mask[y, x]) == (0, 1), "outside the head is no BRAIN"
    expect(ann.page.locator("#fh-state")).to_have_text("Submitted" if np.array_equal(ann.mask, submitted) else "Not submitted")


def test_measurements_of_a_mask_that_is_another_by_now_are_shown_as_such(named_desk: Sit) -> None:
    ann = named_desk()
    ann.open("p17")
    table = ann.page.locator("[aria-label=Biometry] table")
    expect(table).to_have_attribute("aria-busy", "false")
    ann.press("3")
    let_go = ann.hold("**/biometry?*")
    ann.drag((15, 3), (400, 3))
    expect(table).to_have_attribute("aria-busy", "true")
    let_go()
    expect(table).to_have_attribute("aria-busy", "false")
    assert "The lateral ventricle touches" in ann.text(".flags")


def test_structures_have_their_colours_and_are_hidden_and_shown(named_desk: Sit) -> None:
    ann = named_desk()
    ann.open("p10")
    ann.page.get_by_label("show calipers").uncheck()
    x, y = middle(ann.mask, 1)
    colours = {"CSP": (245, 205, 50), "LV": (65, 135, 245)}
    places = {"CSP": (x - 40, y), "LV": (x + 40, y)}
    for key, (name, place) in enumerate(places.items(), start=2):
        ann.press(str(key))
        ann.drag(place, (place[0] + 4, place[1]))
        assert ann.mask[place[1], place[0]] == key, name
    # away from the brush, which is drawn as well
    ann.move(20, 20)
    opacity = ann.page.get_by_label("Opacity")
    opacity.fill("100")
    for name, place in places.items():
        ann.shows(place, lambda colour, of=colours[name]: np.allclose(colour, of, atol=12))
    # the head is seen through its colour, whatever the slider says
    ann.shows((x, y), lambda colour: 20 < np.ptp(colour) < 90)
    opacity.fill("0")
    for place in places.values():
        ann.shows(place, lambda colour: np.ptp(colour) < 12)
    opacity.fill("40")
    for name, place in places.items():
        seen = ann.page.get_by_label(f"Show {name}")
        ann.shows(place, lambda colour: np.ptp(colour) > 30)
        seen.uncheck()
        ann.shows(place, lambda colour: np.ptp(colour) < 12)
        seen.check()
        ann.shows(place, lambda colour, of=colours[name]: np.argmax(colour) == np.argmax(of) and np.ptp(colour) > 30)
    assert ann.errors == []


def test_a_stroke_that_leaves_the_viewer_comes_back_where_the_hand_does(named_desk: Sit) -> None:
    ann = named_desk()
    ann.open("p17")
    ann.page.evaluate("fetalHead.viewer.viewport.setZoom(2); fetalHead.viewer.viewport.render()")
    ann.press("3")
    before = ann.mask
    box = ann.page.locator(".fetal-head-overlay").bounding_box()
    assert box is not None
    left, top = box["x"], box["y"]
    right, bottom = left + box["width"], top + box["height"]
    # out over the upper edge, around the corner, and in again at the right one
    ann.page.mouse.move(left + 200, top + 30)
    ann.page.mouse.down()
    beside, below = right + 100, bottom - 200
    for place in ((left + 200, top - 30), (beside, top - 30), (beside, below), (right - 30, below)):
        ann.page.mouse.move(*place, steps=8)
    ann.page.mouse.up()
    drawn = ann.mask != before
    inside = ann.page.evaluate(
        "([x, y]) => fetalHead.viewer.toImage(x, y)", [(200 + box["width"]) / 2, (box["height"] - 200) / 2]
    )
    x, y = round(inside["x"]), round(inside["y"])
    assert drawn.any()
    assert not drawn[y - 20 : y + 20, x - 20 : x + 20].any(), "the way was around the image"


@pytest.mark.parametrize(("tool", "image"), [("b", "p12"), ("f", "p13"), ("p", "p14"), ("r", "p15")])
def test_a_structure_that_is_drawn_was_looked_for(named: Server, named_desk: Sit, tool: str, image: str) -> None:
    """As on a head of HC18, of whose CSP and LV nobody has said anything."""
    ann = named_desk()
    ann.open(image)
    head = np.minimum(ann.mask, 1)
    hand_in(named, image, head, annotated=["BRAIN"])
    ann.open(image)
    assert ann.annotated == ["BRAIN"]
    ann.press("3")
    ann.press(tool)
    ann.drag((40, 40), (70, 55))
    if tool == "p":
        for corner in ((70, 40), (55, 80)):
            ann.click(*corner)
        ann.press("Enter")
    drawn = ann.mask
    assert (drawn == 3).any()
    assert ann.annotated == ["BRAIN", "LV"]
    ann.press("z")
    assert_array_equal(ann.mask, head)
    assert ann.annotated == ["BRAIN"], "it is one step"
    ann.press("Shift+Z")
    ann.press("e")
    ann.press("2")
    ann.drag((40, 40), (70, 55))
    ann.press("Control+s")
    expect(ann.page.locator("#fh-state")).to_have_text("Submitted")
    assert finals(named, image)[-1]["annotated"] == ["BRAIN", "LV"]


def test_the_brush_is_drawn_as_it_paints_where_pixels_are_not_square(named: Server, named_desk: Sit) -> None:
    said = {"info": json.dumps({"spacing": [0.4, 0.2]})}
    requests.put(f"{named.url}/datastore/image/info", params={"image": "p16"}, data=said, timeout=60).raise_for_status()
    ann = named_desk()
    ann.open("p16")
    ann.press("3")
    before = ann.mask
    ann.page.get_by_label("Brush size").fill("30")
    ann.click(60, 60)
    painted = np.argwhere(ann.mask != before)
    (left, top), (right, bottom) = (ann.on_screen(int(x), int(y)) for y, x in (painted.min(axis=0), painted.max(axis=0)))
    box = ann.page.evaluate("document.querySelector('.fetal-head-overlay polyline.shape').getBoundingClientRect().toJSON()")
    drawn = [box[side] for side in ("left", "top", "right", "bottom")]
    assert bottom - top > 1.5 * (right - left), "pixels are twice as high as wide"
    assert drawn == pytest.approx([left, top, right, bottom], abs=6)


def test_the_keys_work_on_a_keyboard_of_other_letters(named_desk: Sit) -> None:
    ann = named_desk()
    ann.open("p9")
    keyboard = ann.page.context.new_cdp_session(ann.page)

    def press(key: str, code: str, modifiers: int = 0) -> None:
        for kind in ("keyDown", "keyUp"):
            keyboard.send("Input.dispatchKeyEvent", {"type": kind, "key": key, "code": code, "modifiers": modifiers})

    press("у", "KeyE")
    expect(ann.page.get_by_role("button", name="Eraser")).to_have_attribute("aria-pressed", "true")
    press("é", "Digit2")
    assert ann.page.get_by_label("CSP", exact=True).is_checked()
    with ann.page.expect_request("**/datastore/label?*"):
        press("ы", "KeyS", modifiers=2)
    # a German keyboard has Y where others have Z
    before = ann.mask
    press("и", "KeyB")
    ann.click(15, 15)
    press("y", "KeyZ")
    assert (ann.mask != before).any()
    press("z", "KeyY")
    assert_array_equal(ann.mask, before)


def test_a_letter_chooses_nothing_in_a_list_that_was_used_last(named_desk: Sit) -> None:
    ann = named_desk()
    image = ann.open("p10")
    ann.page.get_by_label("LV is").focus()
    ann.page.keyboard.press("n")
    ann.settled(image)
    ann.open(image)
    assert ann.annotated == ["BRAIN", "CSP", "LV"]
    ann.page.get_by_label("LV is").focus()
    ann.page.keyboard.press("ArrowDown")
    assert ann.annotated == ["BRAIN", "CSP"], "the arrows still choose"


def test_space_submits_after_a_button_was_clicked_and_presses_one_that_the_keyboard_is_on(named: Server, named_desk: Sit) -> None:
    ann = named_desk()
    ann.open("p33")
    ann.press("3")
    ann.drag((40, 40), (90, 40))
    once = ann.mask
    ann.drag((40, 80), (90, 80))
    ann.page.route("**/activelearning/**", lambda route: route.abort())
    ann.button("Undo")
    ann.page.keyboard.press("Space")
    expect(ann.page.locator("#fh-state")).to_have_text("Submitted", timeout=15_000)
    assert_array_equal(ann.mask, once)
    assert_array_equal(label_of(named, "p33"), once)
    ann.page.get_by_role("button", name="Redo").focus()
    for _ in range(2):
        ann.page.keyboard.press("Space")
    expect(ann.page.locator("#fh-state")).to_have_text("Not submitted")
    assert ann.mask[80, 65] == 3
    expect(ann.page.get_by_role("button", name="Redo")).to_be_focused()
