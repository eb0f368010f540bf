"""The server is killed while somebody submits: nothing is lost, and the page says what is so."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from desk import Desk, phantoms
from handing_in import finals, label_of
from numpy.testing import assert_array_equal
from playwright.sync_api import Browser, Route, expect

from serving import Server, free_port, serving

pytestmark = pytest.mark.slow
Kill = Callable[[Desk, Server], None]


def _before_it_is_asked(ann: Desk, server: Server) -> None:
    os.kill(server.pid, signal.SIGKILL)
    ann.press("Control+s")


def _while_it_is_sent(ann: Desk, server: Server) -> None:
    # the request lies in the socket of a process that does not read it any more
    os.kill(server.pid, signal.SIGSTOP)
    with ann.page.expect_request("**/datastore/label?*"):
        ann.press("Control+s")
    os.kill(server.pid, signal.SIGKILL)


def _before_it_answers(ann: Desk, server: Server) -> None:
    def commit(route: Route) -> None:
        assert route.fetch().ok
        os.kill(server.pid, signal.SIGKILL)
        route.abort()

    ann.page.route("**/datastore/label?*", commit)
    ann.press("Control+s")
    expect(ann.page.locator("#fh-message")).to_contain_text("kept in this browser")
    ann.page.unroute("**/datastore/label?*")


@pytest.mark.parametrize(
    ("kill", "committed"), [(_before_it_is_asked, False), (_while_it_is_sent, False), (_before_it_answers, True)]
)
def test_a_server_that_dies_while_one_submits_loses_nothing(
    browser: Browser, tmp_path: Path, kill: Kill, committed: bool
) -> None:
    studies, port = phantoms(tmp_path / "studies", 1), free_port()
    ann = Desk(browser, f"http://127.0.0.1:{port}")
    with serving(studies, tmp_path / "server", port=port) as first:
        ann.open("p0")
        ann.press("3")
        ann.drag((60, 60), (120, 60))
        drawn = ann.mask
        kill(ann, first)
        expect(ann.page.locator("#fh-message")).to_contain_text("Not submitted, and kept in this browser")
        assert ann.text("#fh-state") == "Not submitted"
    with serving(studies, tmp_path / "server", port=port) as second:
        ann.open("p0")
        assert_array_equal(ann.mask, drawn)
        assert len(finals(second, "p0")) == committed
        if committed:
            assert (ann.text("#fh-message"), ann.text("#fh-state")) == ("", "Submitted")
        else:
            assert ann.text("#fh-message").startswith("Your unsent work")
            ann.button("Submit")
            expect(ann.page.locator("#fh-state")).to_have_text("Submitted")
        assert_array_equal(label_of(second, "p0"), drawn)
        ann.page.reload()
        ann.settled("")
        assert (ann.text("#fh-message"), ann.text("#fh-state")) == ("", "Submitted")
        assert len(finals(second, "p0")) == 1
    ann.leave()
