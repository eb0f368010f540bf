"""From labels to a new model and back to the old one, all in the page."""

from __future__ import annotations

from pathlib import Path

import pytest
import requests
from desk import Desk, phantoms
from numpy.testing import assert_array_equal
from playwright.sync_api import Browser, expect

from serving import serving

pytestmark = pytest.mark.slow
QUICK = {"max_epochs": "2", "batches_per_epoch": "1", "batch_size": "2", "processes": "1"}


def test_a_new_model_is_told_of_and_can_be_taken_back(browser: Browser, tmp_path: Path) -> None:
    studies = phantoms(tmp_path / "studies", 4)
    with serving(studies, tmp_path / "server", conf=QUICK) as server:
        ann = Desk(browser, server.url)
        image = ann.open()
        for _ in range(3):
            ann.press("Space")
            image = ann.settled(image)
        mask = ann.mask
        ann.button("Submit")
        expect(ann.page.locator("#fh-state")).to_have_text("Submitted")
        ann.button("Train")
        expect(ann.page.get_by_label("Training", exact=True)).to_be_visible()
        assert server.wait_for_training()["status"] == "DONE"
        expect(ann.page.get_by_label("Training", exact=True)).to_be_hidden()
        # one that is no better is kept and not served
        served = _served(server.url)
        requests.post(f"{server.url}/model/versions/v0001/publish", timeout=60).raise_for_status()
        if served == "shipped":
            expect(ann.page.locator("#fh-new-model")).to_contain_text("New model v0001")
        expect(ann.page.locator("#fh-version")).to_contain_text("Served: v0001")
        ann.button("Predict again")
        ann.page.wait_for_function("fetalHead.editor.model === 'v0001'")
        ann.button("Back to the version before")
        expect(ann.page.locator("#fh-version")).to_contain_text("Served: shipped")
        assert _served(server.url) == "shipped"
        ann.open(image)
        assert "unsent work" in ann.text("#fh-message"), "the prediction was asked for, and is not thrown away"
        ann.press("z")
        assert_array_equal(ann.mask, mask)
        ann.leave()


def _served(url: str) -> str:
    versions = requests.get(f"{url}/model/versions", timeout=60).json()
    return next(str(version["version"]) for version in versions if version["served"])
