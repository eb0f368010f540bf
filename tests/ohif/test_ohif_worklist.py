"""The work list while others work."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import requests
from desk import Desk, phantoms
from handing_in import hand_in
from playwright.sync_api import Browser, expect

from serving import Server, serving

pytestmark = pytest.mark.slow
Sit = Callable[[], Desk]


def test_a_page_of_the_list_whose_images_are_done_gives_way_to_the_one_before(browser: Browser, tmp_path: Path) -> None:
    studies = phantoms(tmp_path / "studies", 51)
    with serving(studies, tmp_path / "server") as server:
        ann = Desk(browser, server.url)
        ann.page.goto(f"{server.url}/ohif/")
        ann.page.get_by_label("Status").select_option("open")
        ann.button("After")
        expect(ann.page.locator("#count")).to_have_text("51 to 51 of 51 images")
        last = ann.text("#images th")
        ann.page.goto(f"{server.url}/ohif/fetal?image={last}")
        ann.settled("")
        mask = np.minimum(ann.mask, 1)
        ann.page.goto(f"{server.url}/ohif/")
        ann.page.get_by_label("Status").select_option("open")
        ann.button("After")
        expect(ann.page.locator("#images tr")).to_have_count(1)
        hand_in(server, last, mask)
        expect(ann.page.locator("#count")).to_have_text("1 to 50 of 50 images")
        expect(ann.page.locator("#images tr")).to_have_count(50)
        expect(ann.page.get_by_role("button", name="Before")).to_be_disabled()
        ann.leave()


def test_the_list_follows_the_unsent_work_of_another_tab(named: Server, named_desk: Sit) -> None:
    ann = named_desk()
    listed = ann.page.context.new_page()
    listed.goto(f"{named.url}/ohif/")
    row = listed.locator("#images tr", has=listed.get_by_role("link", name="p15", exact=True))
    expect(row).not_to_contain_text("unsent work")
    ann.open("p15")
    ann.press("3")
    ann.drag((40, 40), (90, 40))
    expect(row).to_contain_text("unsent work in this browser", timeout=15_000)
    ann.button("Submit")
    expect(row).not_to_contain_text("unsent work", timeout=15_000)


def test_on_a_slow_line_the_list_still_follows_what_happens(named: Server, named_desk: Sit) -> None:
    ann = named_desk()
    ann.open("p14")
    mask = ann.mask
    ann.page.goto(f"{named.url}/ohif/")
    row = ann.page.locator("#images tr", has=ann.page.get_by_role("link", name="p14", exact=True))
    expect(row).to_be_visible()
    ann.page.evaluate(
        """() => {
            const ask = window.fetch;
            window.fetch = async (...asked) => {
                await new Promise((done) => setTimeout(done, 6000));
                return ask(...asked);
            };
        }"""
    )
    hand_in(named, "p14", mask, client_id="somebody far away")
    expect(row).to_contain_text("somebody far away", timeout=40_000)


def test_a_long_comment_leaves_names_and_the_other_columns_on_the_page(named: Server, named_desk: Sit) -> None:
    flag, name = f"{named.url}/worklist/p8/flag", {"client_id": "who has much to say"}
    requests.post(flag, json={"comment": "the shadow of the shoulder lies on it, " * 10, **name}, timeout=60).raise_for_status()
    ann = named_desk()
    ann.page.goto(f"{named.url}/ohif/")
    expect(ann.page.locator("#images tr", has_text="shoulder")).to_be_visible()
    overhang = ann.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    requests.post(flag, json={"comment": "", **name}, timeout=60).raise_for_status()
    assert overhang == 0
