"""A computer whose clock is set while somebody draws."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import requests
from desk import Desk
from playwright.sync_api import expect

from serving import Server

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("hours", [-1, 24])
def test_work_is_submitted_with_the_time_that_it_took(named: Server, named_desk: Callable[[], Desk], hours: int) -> None:
    ann = named_desk()
    ann.open("p32")
    ann.page.evaluate("hours => { const { now } = Date; Date.now = () => now() + 3_600_000 * hours; }", hours)
    ann.press("3")
    ann.click(40 + hours, 40)
    ann.button("Submit")
    expect(ann.page.locator("#fh-state")).to_have_text("Submitted", timeout=15_000)
    submitted = requests.get(f"{named.url}/history/p32", timeout=60).json()[-1]
    assert 0 <= submitted["seconds"] < 300
    assert ann.errors == []
