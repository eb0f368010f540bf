"""How long the answer to next-sample takes over HTTP, while all images are being scored and afterwards.

    python scripts/bench/next.py --images 1000 --to runs/next.json

A server on a folder of phantoms, each of which is there under several names, some of them labelled; one client asks for the next
image by the default strategy again and again, from when the first scores are there on with a pause after each answer. Beside it a
stock MONAI Label app with its random strategy, which looks at no score.
"""

from __future__ import annotations

import json
import shutil
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import requests
import typer
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).parent))
from infer import server, summary

from fetal_head.datasets.phantoms import write_phantoms
from fetal_head.files import write_text
from fetal_head.model.registry import SHIPPED_NAME
from fetal_head.store.study import StudyDatastore
from fetal_head.store.worklist.scores import unscored

PHANTOMS, SEED = 50, 401
# after so many, a strategy that looks at labelled images has all its work
LABELLED = 40
PAUSE_SECONDS = 0.3


def main(
    to: Annotated[Path, typer.Option(help="JSON file for the figures.")],
    images: Annotated[int, typer.Option(min=PHANTOMS, help="Images in the folder.")] = 1000,
    questions: Annotated[int, typer.Option(min=1, help="How often each is asked.")] = 100,
) -> None:
    """Prints the table and writes the figures."""
    figures: dict[str, Any] = {"images": images}
    with TemporaryDirectory() as folder:
        studies = _folder(Path(folder), images)
        with server("ours", studies, Path(folder)) as running:
            store = StudyDatastore(str(studies)).store

            def scored() -> int:
                return images - len(unscored(store, SHIPPED_NAME, images))

            while not scored():
                time.sleep(0.1)
            first = scored()
            figures["hybrid, being scored"] = summary(_ask(running.url, "hybrid", questions))
            figures["scored meanwhile"] = [first, scored()]
            while scored() < images:
                time.sleep(1)
            figures["hybrid, all scored"] = summary(_ask(running.url, "hybrid", questions))
        shutil.rmtree(studies / ".fetal_head", ignore_errors=True)
        with server("stock", studies, Path(folder)) as running:
            figures["stock random"] = summary(_ask(running.url, "random", questions))
    write_text(to, json.dumps(figures, indent=2))
    table = Table("what", "p50 ms", "p95 ms")
    for what, found in figures.items():
        cells = [f"{found['p50']:.1f}", f"{found['p95']:.1f}"] if isinstance(found, dict) else [str(found), ""]
        table.add_row(what, *cells)
    Console().print(table)


def _folder(folder: Path, images: int) -> Path:
    write_phantoms(folder / "phantoms", PHANTOMS, SEED)
    pictures = sorted((folder / "phantoms").glob("*.png"))
    studies = folder / "studies"
    labels = studies / "labels" / "final"
    labels.mkdir(parents=True)
    for number in range(images):
        picture, name = pictures[number % PHANTOMS], f"image{chr(97 + number // PHANTOMS)}{number % PHANTOMS}"
        shutil.copy(picture, studies / f"{name}.png")
        if number < LABELLED:
            (label,) = (folder / "phantoms" / "labels" / "final").glob(f"{picture.stem}.*")
            shutil.copy(label, labels / f"{name}{''.join(label.suffixes)}")
    return studies


def _ask(url: str, strategy: str, count: int) -> list[float]:
    taken = []
    for _ in range(count):
        started = time.perf_counter()
        answer = requests.post(f"{url}/activelearning/{strategy}", json={"client_id": "ann"}, timeout=120)
        taken.append(time.perf_counter() - started)
        time.sleep(PAUSE_SECONDS)
        answer.raise_for_status()
        if not answer.json():
            raise SystemExit(f"{strategy} gave no image")
    return taken


if __name__ == "__main__":
    typer.run(main)
