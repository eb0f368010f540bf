"""How long an annotator waits for an image in OHIF, from the question for it to the mask on the screen.

    python scripts/bench/ohif.py --to runs/ohif.json --screenshots docs/images

Opens the first image of a study of phantoms in Chromium, then goes on by "Submit + next" and "Skip" in turn. The screen is drawn
in software, as on a machine without a graphics card.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import numpy as np
import typer
from playwright.sync_api import Page, sync_playwright
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from fetal_head.datasets.entering import INDEX, LABELS
from fetal_head.datasets.phantoms import write_phantoms
from fetal_head.files import write_text
from trials.process import Server

SWITCHES = ["--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--disable-sync"]
SIZE = {"width": 1400, "height": 1000}
OPENED = "before => (document.body?.dataset.fetalHeadImage ?? '') !== before"


def main(
    to: Annotated[Path, typer.Option(help="JSON file for the figures.")],
    images: Annotated[int, typer.Option(min=4)] = 24,
    screenshots: Annotated[Path | None, typer.Option(help="Folder for pictures of the pages.")] = None,
) -> None:
    """Prints the table and writes the figures."""
    with TemporaryDirectory() as folder:
        studies = Path(folder) / "studies"
        write_phantoms(studies, images, seed=7)
        # their own labels would leave nothing to do
        shutil.rmtree(studies / LABELS)
        index = json.loads((studies / INDEX).read_text(encoding="utf-8"))
        for entry in index["objects"].values():
            entry["labels"] = {}
        write_text(studies / INDEX, json.dumps(index))
        with Server(studies, Path(folder) / "server") as server:
            figures = _measured(server.url, images, screenshots)
    write_text(to, json.dumps(figures, indent=2))
    table = Table("from the question to the mask", "n", "p50 ms", "p95 ms")
    for what, found in figures.items():
        table.add_row(what, *(f"{found[key]:.0f}" for key in ("n", "p50 ms", "p95 ms")))
    Console().print(table)


def _measured(url: str, images: int, screenshots: Path | None) -> dict[str, dict[str, float]]:
    with sync_playwright() as playwright:
        path = shutil.which("chromium") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(executable_path=path, args=SWITCHES)
        page = browser.new_page(viewport=SIZE)
        page.goto(f"{url}/ohif/fetal")
        page.wait_for_function(OPENED, arg="", timeout=120_000)
        taken: dict[str, list[float]] = {"Submit + next": [], "Skip": []}
        for number in range(images - 2):
            way = list(taken)[number % 2]
            taken[way].append(_go_on(page, way))
        if screenshots:
            screenshots.mkdir(parents=True, exist_ok=True)
            page.wait_for_selector("[aria-label=Biometry] tbody tr")
            page.screenshot(path=screenshots / "ohif.png")
            page.goto(f"{url}/ohif/")
            page.wait_for_selector("#images tr")
            page.screenshot(path=screenshots / "ohif-worklist.png")
        browser.close()
    return {
        way: {"n": len(ms), "p50 ms": float(np.median(ms)), "p95 ms": float(np.percentile(ms, 95))} for way, ms in taken.items()
    }


def _go_on(page: Page, way: str) -> float:
    """Milliseconds from the press of the button to the mask of the next image."""
    before = page.evaluate("document.body.dataset.fetalHeadImage")
    button = {"Submit + next": "#fh-submit-next", "Skip": "#fh-skip"}[way]
    page.evaluate(
        """button => {
            window.began = performance.now();
            const look = new MutationObserver(() => { window.ended = performance.now(); look.disconnect(); });
            look.observe(document.body, { attributes: true, attributeFilter: ['data-fetal-head-image'] });
            document.querySelector(button).click();
        }""",
        button,
    )
    page.wait_for_function(OPENED, arg=before, timeout=60_000)
    return float(page.evaluate("window.ended - window.began"))


if __name__ == "__main__":
    typer.run(main)
