"""Images that cannot be read: the page says why."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import pytest
import requests
from desk import Desk, phantoms
from PIL import Image
from playwright.sync_api import Browser, Route, expect

from serving import serving

pytestmark = pytest.mark.slow


def _told(url: str, image: str) -> dict[str, Any]:
    return dict(requests.get(f"{url}/worklist/{image}", timeout=60).json())


def _answer(told: dict[str, Any], route: Route) -> None:
    route.fulfill(json=told)


@pytest.mark.parametrize("is_known", [True, False])
def test_an_image_that_cannot_be_read_says_why(browser: Browser, tmp_path: Path, is_known: bool) -> None:
    studies = phantoms(tmp_path / "studies", 1)
    whole = (studies / "p0.png").read_bytes()
    (studies / "broken.png").write_bytes(whole[: len(whole) // 2])
    Image.new("L", (10, 10)).save(studies / "tiny.png")
    with serving(studies, tmp_path / "server") as server:
        ann = Desk(browser, server.url)
        while any(_told(server.url, image)["problem"] is None for image in ("tiny", "broken")):
            ann.page.wait_for_timeout(100)
        if not is_known:
            # as before the server has looked at them
            for image in ("tiny", "broken"):
                ann.page.route(f"**/worklist/{image}", partial(_answer, {**_told(server.url, image), "problem": None}))
        for image, why in (("tiny", "at least 16 a side"), ("broken", "its pixels cannot be decoded")):
            ann.page.goto(f"{server.url}/ohif/fetal?image={image}")
            expect(ann.page.locator("#fh-state")).to_have_text("Not loaded")
            expect(ann.page.locator("#fh-message")).to_contain_text(why)
        ann.button("Next")
        assert ann.settled("") == "p0"
        ann.leave()
