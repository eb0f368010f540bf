"""A page that is left open while another study is served at its address, or another picture takes the place of the open one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import requests
from desk import Desk, phantoms
from handing_in import finals, hand_in, instance_of
from playwright.sync_api import Browser, expect

from fetal_head.phantom import phantom
from pictures import write_picture
from serving import Server, free_port, serving

pytestmark = pytest.mark.slow
ANOTHER = "another picture is called 'p0' by now: load the page again, and look at that one"


def _is_refused(ann: Desk, server: Server) -> None:
    """Whatever is said of the image that is open; and the server notes nothing of it."""
    before = finals(server, "p0")
    ann.page.get_by_label("Flag", exact=True).fill("twins")
    buttons: list[Callable[[], None]] = [lambda name=name: ann.button(name) for name in ("Approve version 2", "Skip", "Flag")]
    for press in buttons:
        ann.page.evaluate("fetalHead.heading.say('')")
        press()
        expect(ann.page.locator("#fh-message")).to_have_text(ANOTHER, timeout=15_000)
    assert finals(server, "p0") == before
    told = requests.get(f"{server.url}/worklist/p0", timeout=60).json()
    assert told["flag"] is None
    facts = requests.get(f"{server.url}/datastore/image/info?image=p0", timeout=60).json()
    assert "skipped" not in str(facts)
    assert ann.page.evaluate("fetalHead.image") == "p0"


def test_what_is_said_of_an_image_is_not_said_of_its_namesake_in_another_study(browser: Browser, tmp_path: Path) -> None:
    port = free_port()
    ann = Desk(browser, f"http://127.0.0.1:{port}")
    with serving(phantoms(tmp_path / "one", 2), tmp_path / "server", port=port):
        ann.open("p0")
        ann.button("Submit")
        expect(ann.page.get_by_role("button", name="Approve version 2")).to_be_visible()
        mask = ann.mask
    with serving(phantoms(tmp_path / "two", 2), tmp_path / "server", port=port) as other:
        for value in (1, 2):
            hand_in(other, "p0", np.full_like(mask, value), client_id="ben")
        _is_refused(ann, other)
    assert ann.errors == []
    ann.leave()


def test_what_is_said_of_a_picture_is_not_said_of_the_one_that_took_its_place(browser: Browser, tmp_path: Path) -> None:
    with serving(phantoms(tmp_path / "studies", 2), tmp_path / "server") as server:
        ann, before = Desk(browser, server.url), instance_of(server, "p0")
        ann.open("p0")
        ann.button("Submit")
        expect(ann.page.get_by_role("button", name="Approve version 2")).to_be_visible()
        write_picture(tmp_path / "new.png", phantom(0).image[:, ::-1])
        (tmp_path / "new.png").replace(server.studies / "p0.png")
        instance_of(server, "p0", unlike=before)
        _is_refused(ann, server)
        ann.page.reload()
        ann.settled("")
        ann.button("Skip")
        assert ann.settled("p0") == "p1"
        assert ann.errors == []
        ann.leave()
