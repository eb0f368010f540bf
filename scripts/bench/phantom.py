"""How many phantoms a second: drawn in one process, in as many as there are cores, and written as a study folder.

python scripts/bench/phantom.py --count 200 --to runs/phantom.json
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from threadpoolctl import threadpool_limits

from fetal_head.datasets.phantoms import in_processes, write_phantoms
from fetal_head.files import write_text
from fetal_head.phantom import phantom


def main(
    count: Annotated[int, typer.Option(help="Phantoms for each measurement.")],
    to: Annotated[Path, typer.Option(help="JSON file for the figures.")],
) -> None:
    """Prints images a second; processes that start anew are counted with their start."""

    def one_process() -> None:
        with threadpool_limits(1):
            for seed in range(count):
                phantom(seed)

    def all_cores() -> None:
        for _ in in_processes(drawn, range(count)):
            pass

    def written() -> None:
        with TemporaryDirectory() as folder:
            write_phantoms(Path(folder) / "study", count, seed=0)

    figures = {"drawn, 1 process": rate(one_process, count), "drawn, all cores": rate(all_cores, count)}
    figures["drawn and written, all cores"] = rate(written, count)
    write_text(to, json.dumps(figures, indent=2))
    table = Table("phantoms", "images a second")
    for name, value in figures.items():
        table.add_row(name, f"{value:.1f}")
    Console().print(table)


def drawn(seed: int) -> int:
    """Draws a phantom and sends only its size back."""
    return phantom(seed).image.size


def rate(work: Callable[[], None], count: int) -> float:
    """Images a second of `work`, which makes `count`."""
    started = time.perf_counter()
    work()
    return count / (time.perf_counter() - started)


if __name__ == "__main__":
    typer.run(main)
