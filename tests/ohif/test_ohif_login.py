"""The page where people have to sign in: each sees what his role may do, and is known by his name."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from desk import Desk, phantoms
from playwright.sync_api import Browser, Error, expect

from fetal_head.config import load_settings
from fetal_head.store.store import Store
from fetal_head.store.users import add_user
from serving import Server, serving

pytestmark = pytest.mark.slow
PASSWORD = "correct horse"
PEOPLE = {"ann": "annotator", "rev": "reviewer", "adm": "admin"}


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[Server]:
    studies = phantoms(tmp_path / "studies", 3)
    store = Store.open(studies, load_settings().store)
    for name, role in PEOPLE.items():
        add_user(store, name, role, PASSWORD)
    with serving(studies, tmp_path / "server", conf={"login": "users"}) as running:
        yield running


def _sign_in(desk: Desk, name: str) -> None:
    """What a browser shows from now on, in all of its pages, once somebody has typed that name into its window."""
    shown = b64encode(f"{name}:{PASSWORD}".encode()).decode()
    desk.page.context.set_extra_http_headers({"Authorization": f"Basic {shown}"})


def _history(server: Server, image: str) -> list[dict[str, Any]]:
    return list(requests.get(f"{server.url}/history/{image}", auth=("ann", PASSWORD), timeout=60).json())


def test_each_signs_in_and_does_what_his_role_may(guarded: Server, browser: Browser) -> None:
    nobody = Desk(browser, guarded.url)
    with pytest.raises(Error, match="ERR_INVALID_AUTH_CREDENTIALS"):
        nobody.page.goto(f"{guarded.url}/ohif/")
    nobody.leave()

    ann = Desk(browser, guarded.url, sign_in=("ann", PASSWORD))
    ann.page.goto(f"{guarded.url}/ohif/")
    ann.page.get_by_role("link", name="p1", exact=True).click()
    assert ann.settled("") == "p1"
    for name in ("Train", "Back to the version before"):
        expect(ann.page.get_by_role("button", name=name)).to_be_hidden()
    ann.button("Submit")
    expect(ann.page.locator("#fh-state")).to_have_text("Submitted")
    expect(ann.page.get_by_role("button", name="Load version 2")).to_be_visible()
    expect(ann.page.get_by_role("button", name="Approve version 2")).to_have_count(0)
    assert [entry["who"] for entry in _history(guarded, "p1") if entry["tag"] == "final"] == ["ann"]

    rev = Desk(browser, guarded.url, sign_in=("rev", PASSWORD))
    rev.open("p1")
    expect(rev.page.get_by_role("button", name="Approve version 1")).to_have_count(0)
    rev.button("Approve version 2")
    expect(rev.page.locator("#fh-message")).to_have_text("Version 2 of p1 is approved.")
    judged = _history(guarded, "p1")[1]
    assert (judged["status"], judged["reviewer"]) == ("approved", "rev")
    rev.page.get_by_label("Review", exact=True).fill("too thick")
    rev.button("Reject version 2")
    expect(rev.page.locator("#fh-message")).to_have_text("Version 2 of p1 is rejected.")
    judged = _history(guarded, "p1")[1]
    assert (judged["status"], judged["comment"], judged["current"]) == ("rejected", "too thick", False)
    expect(rev.page.get_by_role("button", name="Train")).to_be_hidden()
    ann.open("p1")
    assert ann.text("#fh-message").startswith("Version 2 by ann was rejected by rev: too thick. It is among the earlier versions")
    ann.open("p2")
    assert ann.text("#fh-message") == ""

    # whoever rejects what is open sees that it is no label any more, and may submit another one
    rev.open("p2")
    rev.button("Submit")
    expect(rev.page.locator("#fh-state")).to_have_text("Submitted")
    rev.button("Reject version 2")
    expect(rev.page.locator("#fh-state")).to_have_text("Not submitted")
    rev.button("Submit")
    expect(rev.page.locator("#fh-state")).to_have_text("Submitted")

    # one browser that several people sign in from
    ann.open("p0")
    ann.press("3")
    ann.drag((40, 40), (90, 40))
    kept = ann.page.evaluate("({ ...localStorage })")
    rev.page.evaluate("kept => Object.assign(localStorage, kept)", kept)
    rev.open("p0")
    assert rev.text("#fh-message") == "", "a draft is no one else's"
    ann.open("p0")
    assert ann.text("#fh-message").startswith("Your unsent work")

    adm = Desk(browser, guarded.url, sign_in=("adm", PASSWORD))
    adm.page.goto(f"{guarded.url}/ohif/")
    adm.page.get_by_label("Status").select_option("rejected")
    expect(adm.page.locator("#images tr")).to_have_count(1)
    adm.open("p2")
    expect(adm.page.get_by_role("button", name="Train")).to_be_visible()
    for each in (ann, rev, adm):
        assert each.errors == []
        each.leave()


def test_what_was_drawn_is_not_submitted_as_the_work_of_whoever_signs_in_next(guarded: Server, browser: Browser) -> None:
    desk = Desk(browser, guarded.url)
    _sign_in(desk, "ann")
    desk.open("p0")
    desk.press("3")
    desk.drag((40, 40), (90, 40))
    drawn = desk.mask
    _sign_in(desk, "rev")
    desk.button("Submit")
    refused = "Not submitted, and kept in this browser: ann opened this page, and rev is signed in now: "
    what_to_do = "start the browser again to sign in as ann, or open the page anew as rev"
    expect(desk.page.locator("#fh-message")).to_have_text(refused + what_to_do, timeout=30_000)
    assert desk.open("p0") == "p0"
    assert (desk.mask != drawn).any(), "it is no work of hers who opened the page now"
    _sign_in(desk, "ann")
    assert desk.open("p0") == "p0"
    assert desk.text("#fh-message").startswith("Your unsent work")
    assert (desk.mask == drawn).all()
    desk.button("Submit")
    expect(desk.page.locator("#fh-state")).to_have_text("Submitted")
    assert [entry["who"] for entry in _history(guarded, "p0") if entry["tag"] == "final"] == ["ann"]
    assert desk.errors == []
    desk.leave()
