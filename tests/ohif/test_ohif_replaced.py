"""A picture that was replaced by another one, in pages that knew the one before."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from desk import Desk, phantoms
from handing_in import instance_of, label_of
from numpy.testing import assert_array_equal
from playwright.sync_api import Browser, expect

from fetal_head.imaging import read_image
from fetal_head.phantom import phantom
from pictures import write_picture
from serving import serving

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("turned", [False, True])
def test_a_picture_that_was_replaced_opens_in_a_page_that_knew_the_one_before(
    browser: Browser, tmp_path: Path, turned: bool
) -> None:
    with serving(phantoms(tmp_path / "studies", 2), tmp_path / "server") as server:
        ann = Desk(browser, server.url)
        ann.open("p0")
        ann.press("3")
        ann.drag((40, 40), (90, 40))
        ann.button("Next")
        assert ann.settled("p0") == "p1"
        before = instance_of(server, "p0")
        picture = phantom(0).image
        write_picture(tmp_path / "new.png", picture[20:, 30:] if turned else picture[:, ::-1])
        (tmp_path / "new.png").replace(server.studies / "p0.png")
        instance_of(server, "p0", unlike=before)
        ann.button("Next")
        assert ann.settled("p1") == "p0", ann.text("#fh-message")
        assert ann.text("#fh-message").startswith("Unsent work on this image is not shown")
        assert ann.mask.shape == read_image(server.studies / "p0.png")[0].shape
        shown = ann.page.evaluate("Array.from(fetalHead.viewer.viewport.getImageData().scalarData.slice(0, 90000))")
        assert_array_equal(shown, read_image(server.studies / "p0.png")[0].ravel()[:90000])
        ann.press("3")
        ann.drag((40, 40), (90, 40))
        drawn = ann.mask
        ann.button("Submit")
        expect(ann.page.locator("#fh-state")).to_have_text("Submitted")
        assert_array_equal(label_of(server, "p0"), drawn)
        ann.leave()


def test_the_label_of_a_picture_is_not_laid_over_the_one_that_replaced_it(browser: Browser, tmp_path: Path) -> None:
    with serving(phantoms(tmp_path / "studies", 1), tmp_path / "server") as server:
        ann = Desk(browser, server.url)
        ann.open("p0")
        ann.button("Submit")
        expect(ann.page.locator("#fh-state")).to_have_text("Submitted")
        columns, rows = ann.mask.shape[::-1]
        write_picture(tmp_path / "new.png", phantom(0).image[20:, 30:])
        (tmp_path / "new.png").replace(server.studies / "p0.png")
        ann.page.wait_for_timeout(3000)
        assert ann.open("p0") == "p0"
        assert (ann.mask.shape, ann.text("#fh-state")) == ((rows - 20, columns - 30), "Not submitted")
        ann.button("Submit")
        expect(ann.page.locator("#fh-state")).to_have_text("Submitted")
        assert label_of(server, "p0").shape == (rows - 20, columns - 30)
        ann.leave()


@pytest.mark.parametrize("held", ["**/worklist/p0?*", "**/datastore/image/dicom?*"])
def test_the_label_of_a_picture_that_is_replaced_while_it_is_opened_is_not_laid_over_the_new_one(
    browser: Browser, tmp_path: Path, held: str
) -> None:
    with serving(phantoms(tmp_path / "studies", 1), tmp_path / "server") as server:
        ann = Desk(browser, server.url)
        ann.open("p0")
        ann.button("Submit")
        expect(ann.page.locator("#fh-state")).to_have_text("Submitted")
        old, before = ann.mask, instance_of(server, "p0")
        let_go = ann.hold(held)
        ann.page.evaluate("void fetalHead._work.open('p0')")
        # of two questions at once the other one is answered by now
        ann.page.wait_for_timeout(1000)
        write_picture(tmp_path / "new.png", phantom(0).image[:, ::-1])
        (tmp_path / "new.png").replace(server.studies / "p0.png")
        instance_of(server, "p0", unlike=before)
        let_go()
        expect(ann.page.locator("#fh-state")).to_have_text(re.compile("Not loaded|submitted", re.IGNORECASE), timeout=15_000)
        assert ann.text("#fh-state") == "Not loaded" or (ann.mask != old).any()
        ann.leave()


def test_an_earlier_mask_says_that_it_was_drawn_on_another_picture(browser: Browser, tmp_path: Path) -> None:
    with serving(phantoms(tmp_path / "studies", 1), tmp_path / "server") as server:
        ann = Desk(browser, server.url)
        ann.open("p0")
        ann.button("Submit")
        expect(ann.page.locator(".past li")).to_have_count(2)
        assert "another picture" not in ann.text(".past")
        before = instance_of(server, "p0")
        write_picture(tmp_path / "new.png", phantom(0).image[:, ::-1])
        (tmp_path / "new.png").replace(server.studies / "p0.png")
        ann.press("3")
        ann.drag((40, 40), (90, 40))
        expect(ann.page.locator(".flags li")).to_contain_text(["Not measured: the image was replaced"])
        instance_of(server, "p0", unlike=before)
        ann.open("p0")
        versions = ann.page.locator(".past li")
        expect(versions).to_have_count(3)
        assert ["of another picture" in text for text in versions.all_inner_texts()] == [False, True, True]
        ann.button("Load version 2")
        expect(ann.page.locator("#fh-message")).to_have_text(
            "This mask was drawn on another picture, which this one has taken the place of."
        )
        ann.button("Load version 3")
        expect(ann.page.locator("#fh-message")).to_have_text("")
        ann.leave()


def test_a_prediction_of_another_picture_is_not_laid_over_the_open_one(browser: Browser, tmp_path: Path) -> None:
    with serving(phantoms(tmp_path / "studies", 1), tmp_path / "server") as server:
        ann = Desk(browser, server.url)
        ann.open("p0")
        predicted, before = ann.mask, instance_of(server, "p0")
        write_picture(tmp_path / "new.png", phantom(0).image[:, ::-1])
        (tmp_path / "new.png").replace(server.studies / "p0.png")
        instance_of(server, "p0", unlike=before)
        ann.button("Predict again")
        expect(ann.page.locator("#fh-message")).to_have_text(
            "The image was replaced since it was opened: load the page again.", timeout=15_000
        )
        assert_array_equal(ann.mask, predicted)
        ann.page.reload()
        ann.settled("")
        ann.button("Predict again")
        ann.page.wait_for_function("fetalHead.editor.steps === 1")
        assert (ann.mask != predicted).any()
        ann.leave()


def test_a_prediction_of_another_picture_is_not_laid_over_the_one_that_is_being_opened(browser: Browser, tmp_path: Path) -> None:
    with serving(phantoms(tmp_path / "studies", 1), tmp_path / "server") as server:
        ann, before = Desk(browser, server.url), instance_of(server, "p0")
        let_go = ann.hold("**/infer/**")
        ann.page.goto(f"{server.url}/ohif/fetal?image=p0")
        ann.page.wait_for_function("window.fetalHead?.viewer?.viewport?.getImageData()")
        expect(ann.page.locator("[data-cy=viewport-pane] canvas")).to_be_visible()
        write_picture(tmp_path / "new.png", phantom(0).image[:, ::-1])
        (tmp_path / "new.png").replace(server.studies / "p0.png")
        instance_of(server, "p0", unlike=before)
        let_go()
        expect(ann.page.locator("#fh-message")).to_have_text(
            "No mask: The image was replaced since it was opened: load the page again.", timeout=15_000
        )
        assert ann.text("#fh-state") == "Not loaded"
        assert ann.page.evaluate("fetalHead.viewer.shown().every((value) => value === 0)")
        ann.button("Try again")
        assert ann.settled("") == "p0"
        columns = read_image(server.studies / "p0.png")[0].shape[1]
        shown = ann.page.evaluate(
            "n => Array.from(fetalHead.viewer.viewport.getImageData().scalarData.slice(0, n))", columns * 100
        )
        assert_array_equal(shown, read_image(server.studies / "p0.png")[0].ravel()[: columns * 100])
        ann.button("Submit")
        expect(ann.page.locator("#fh-state")).to_have_text("Submitted")
        ann.leave()


def test_unsent_work_comes_back_with_the_picture_that_it_was_drawn_on(browser: Browser, tmp_path: Path) -> None:
    with serving(phantoms(tmp_path / "studies", 1), tmp_path / "server") as server:
        image, ann = server.studies / "p0.png", Desk(browser, server.url)
        own = image.read_bytes()
        ann.open("p0")
        ann.press("3")
        ann.drag((40, 40), (90, 40))
        drawn = ann.mask
        first = instance_of(server, "p0")
        write_picture(tmp_path / "new.png", phantom(0).image[:, ::-1])
        (tmp_path / "new.png").replace(image)
        other = instance_of(server, "p0", unlike=first)
        ann.open("p0")
        assert ann.text("#fh-message").startswith("Unsent work on this image is not shown")
        ann.button("Submit")
        expect(ann.page.locator("#fh-state")).to_have_text("Submitted")
        (tmp_path / "own.png").write_bytes(own)
        (tmp_path / "own.png").replace(image)
        instance_of(server, "p0", unlike=other)
        ann.open("p0")
        assert ann.text("#fh-message").startswith("Your unsent work")
        assert_array_equal(ann.mask, drawn)
        ann.leave()
