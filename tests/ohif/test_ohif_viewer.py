"""What OHIF does around our panel: it closes it, and forgets images that have been shown."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from desk import Desk
from numpy.testing import assert_array_equal
from playwright.sync_api import expect

pytestmark = pytest.mark.slow
Sit = Callable[[], Desk]


def test_a_closed_panel_leaves_what_lies_over_the_image(named_desk: Sit) -> None:
    ann = named_desk()
    ann.open("p8")
    ann.hc()
    ann.page.locator("[data-cy=side-panel-header-right]").click()
    expect(ann.page.locator("#fh-image")).to_have_count(0)
    viewer, drawn = (ann.page.locator(place) for place in ("[data-cy=viewport-pane] .cornerstone-canvas", ".fetal-head-overlay"))
    expect(drawn.locator(".caliper").first).to_be_visible()
    # the viewer follows its new width a little later
    ann.page.wait_for_function("document.querySelector('.fetal-head-overlay').getBoundingClientRect().width > 800")
    assert drawn.bounding_box() == viewer.bounding_box()
    letters = ann.page.locator(".ViewportOrientationMarkers")
    expect(letters).to_be_hidden()
    ann.page.locator("[data-cy=panel-btn]").click()
    expect(ann.page.locator("#fh-image")).to_have_text("p8")
    assert ann.errors == []


def test_on_a_screen_of_another_density_the_hand_still_draws_where_it_is(named_desk: Sit) -> None:
    ann = named_desk()
    ann.open("p8")
    before, place, centre = ann.mask, ann.on_screen(60, 60), ann.on_screen(200, 150)
    screen = ann.page.context.new_cdp_session(ann.page)
    ann.press("3")
    for density in (2, 1):
        metrics = {"width": 1000, "height": 700, "deviceScaleFactor": density, "mobile": False}
        screen.send("Emulation.setDeviceMetricsOverride", metrics)
        ann.page.mouse.click(*place)
        assert ann.mask[60, 60] == 3
        ann.press("z")
        assert_array_equal(ann.mask, before)
        assert ann.on_screen(200, 150) == pytest.approx(centre, abs=1)
    assert ann.errors == []


def test_an_image_comes_back_after_so_many_others_that_the_viewer_has_forgotten_it(named_desk: Sit) -> None:
    ann = named_desk()
    ann.open("p8")
    # room for two images, as there is for some ninety of the largest ones
    ann.page.evaluate("cornerstone.cache.setMaxCacheSize(3e6)")
    ann.press("3")
    ann.drag((40, 40), (90, 40))
    drawn = ann.mask
    for image in ("p9", "p10", "p11", "p12"):
        ann.page.evaluate("image => fetalHead._work.open(image)", image)
    ann.page.evaluate("fetalHead._work.open('p8')")
    assert ann.text("#fh-message").startswith("Your unsent work")
    assert_array_equal(ann.mask, drawn)
    ann.page.get_by_label("show calipers").uncheck()
    ann.shows((65, 40), lambda colour: colour[2] > colour[0] + 20)
    ann.press("3")
    ann.drag((40, 80), (90, 80))
    assert ann.mask[80, 65] == 3
    ann.shows((65, 80), lambda colour: colour[2] > colour[0] + 20)
    assert ann.errors == []


def test_the_viewer_has_no_menu_that_lays_the_mask_of_another_image_over_this_one(named_desk: Sit) -> None:
    ann = named_desk()
    ann.open("p8")
    ann.page.evaluate("fetalHead._work.open('p9')")
    assert ann.page.locator("[data-cy=viewport-pane] button").count() == 0


def test_the_viewer_does_not_warn_of_the_next_image(named_desk: Sit) -> None:
    ann = named_desk()
    image = ann.open("p8")
    ann.page.evaluate("fetalHead._work.open('p9')")
    ann.settled(image)
    ann.page.wait_for_timeout(1000)
    expect(ann.page.get_by_text("Series filter")).to_have_count(0)
    ann.page.evaluate("fetalHead.viewer._services.uiNotificationService.show({ title: 'Something else', message: 'is shown' })")
    expect(ann.page.get_by_text("Something else")).to_be_visible()


def test_the_page_names_no_patient_but_that_of_the_open_image(named_desk: Sit) -> None:
    ann = named_desk()
    ann.open("p8")
    head = ann.page.get_by_text("Patient", exact=True)
    if head.count():
        head.click()
    instance = "cornerstone.metaData.get('instance', fetalHead.viewer.viewport.getCurrentImageId())"
    first = ann.page.evaluate(f"{instance}.PatientID")
    ann.page.evaluate("fetalHead._work.open('p9')")
    # the corner has what the image is called
    expect(ann.page.get_by_text(ann.page.evaluate(f"{instance}.SeriesDescription"))).to_be_visible()
    assert ann.page.evaluate(f"{instance}.PatientID") != first
    expect(ann.page.get_by_text(first)).to_have_count(0)


def test_the_viewer_asks_for_nothing_that_the_policy_refuses(named_desk: Sit) -> None:
    ann = named_desk()
    said: list[str] = []
    ann.page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    ann.open("p8")
    assert said == []
    expect(ann.page.locator("#root")).to_have_css("font-family", "Inter, sans-serif")


@pytest.mark.parametrize("lost", ["**/worklist/p9?*", "**/dicom-web/**"])
def test_the_picture_of_one_image_is_not_seen_under_the_name_of_another(named_desk: Sit, lost: str) -> None:
    ann = named_desk()
    ann.open("p8")
    title, state, picture = (ann.page.locator(place) for place in ("#fh-image", "#fh-state", "[data-cy=viewport-pane] canvas"))
    expect(picture).to_be_visible()
    ann.page.route(lost, lambda route: route.abort())
    ann.page.evaluate("void fetalHead._work.open('p9')")
    expect(state).to_have_text("Not loaded")
    expect(title).to_have_text("p9")
    expect(picture).to_be_hidden(timeout=10_000)
    ann.page.unroute(lost)
    let_go = ann.hold(lost)
    ann.button("Try again")
    expect(state).to_have_text("Loading …")
    expect(picture).to_be_hidden()
    let_go()
    assert ann.settled("p8") == "p9"
    expect(picture).to_be_visible()
    assert ann.errors == []


def test_without_its_mask_an_image_has_none_that_it_had_before(named_desk: Sit) -> None:
    ann = named_desk()
    ann.open("p8")
    assert ann.mask.any()
    ann.page.evaluate("void fetalHead._work.open('p9')")
    ann.settled("p8")
    ann.page.route("**/infer/**", lambda route: route.abort())
    ann.page.route("**/history/p8/*/label", lambda route: route.abort())
    ann.page.evaluate("void fetalHead._work.open('p8')")
    expect(ann.page.locator("#fh-state")).to_have_text("Not loaded")
    assert ann.page.evaluate("fetalHead.viewer.shown().every((value) => value === 0)")
    assert ann.errors == []
