"""Whose work it is where nobody has to sign in."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import requests
from desk import Desk
from handing_in import finals
from playwright.sync_api import expect

from serving import Server

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("typed", [" ann ", "", "  "])
def test_who_works_is_one_and_the_same_in_all_that_he_does(server: Server, desk: Callable[[], Desk], typed: str) -> None:
    ann = desk()
    first = ann.open()
    field = ann.page.get_by_label("Your name")
    field.fill("somebody")
    field.fill(typed)
    ann.press("n")
    image = ann.settled(first)
    known = ann.page.evaluate("localStorage.getItem('fetal-head name')")
    assert known == "ann" if typed.strip() else known.startswith("browser-")
    expect(field).to_have_value(known)
    assert requests.get(f"{server.url}/worklist/{image}", timeout=60).json()["held_by"] == known
    ann.button("Submit")
    expect(ann.page.locator("#fh-state")).to_have_text("Submitted")
    assert finals(server, image)[-1]["who"] == known
