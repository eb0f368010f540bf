"""The work list while others work."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from desk import Desk, phantoms
from handing_in import hand_in
from playwright.sync_api import Browser, expect

from serving import serving

pytestmark = pytest.mark.slow


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
