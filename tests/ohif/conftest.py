"""A browser, and a server over phantoms."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from desk import Desk, phantoms
from playwright.sync_api import Browser, sync_playwright

from serving import Server, serving

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
# drawing in software, which every machine can, and no word to anybody
SWITCHES = [
    "--no-sandbox",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-gpu-rasterization",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, as Debian has it.

    Playwright keeps an event loop running in this thread as long as it lives, and beside that no other can be
    started: it ends with its module, so that tests after it have the thread to themselves.
    """
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed (Debian: apt-get install chromium)")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=SWITCHES)
        yield started
        started.close()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A study of phantoms."""
    studies = phantoms(tmp_path_factory.mktemp("studies"), 24)
    with serving(studies, tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture(scope="session")
def named(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Another one, whose images are opened by their names, but for some that are left for those who ask for the next one."""
    studies = phantoms(tmp_path_factory.mktemp("studies"), 38)
    with serving(studies, tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture
def named_desk(browser: Browser, named: Server) -> Iterator[Callable[[], Desk]]:
    """Opens pages over it."""
    yield from _desks(browser, named)


@pytest.fixture
def desk(browser: Browser, server: Server) -> Iterator[Callable[[], Desk]]:
    """Opens the pages of as many annotators as are wanted."""
    yield from _desks(browser, server)


@pytest.fixture
def call(desk: Callable[[], Desk], server: Server) -> Callable[..., Any]:
    """Calls `module.function(...)` in the browser."""
    page = desk().page
    page.goto(f"{server.url}/ohif/")

    def call(module: str, expression: str, *given: Any) -> Any:
        return page.evaluate(
            "async ([module, given]) => {"
            f" const m = await import(`/ohif/fetal-head/${{module}}.js`); return await ({expression})(m, ...given); }}",
            [module, list(given)],
        )

    return call


def _desks(browser: Browser, server: Server) -> Iterator[Callable[[], Desk]]:
    desks: list[Desk] = []

    def sit_down() -> Desk:
        desks.append(Desk(browser, server.url))
        return desks[-1]

    yield sit_down
    for each in desks:
        each.leave()
