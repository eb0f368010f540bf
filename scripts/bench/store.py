"""The store beside MONAI Label's own datastore, on the same folder of images, driven the same way in the same run.

    python scripts/bench/store.py --images 100000 --to runs/store.json

Each runs in a process of its own, through MONAI Label's `Datastore` interface: opened for the first time, asked for the next
image and handed a label so many times, asked for its state, and opened again. Images are small PNGs, four files under many
names. Stock's strategies `first` and `random` are those of MONAI Label; `hybrid` is ours alone, over made-up scores of all
images. Timings of one machine: compare the ratios, and the seconds of CPU where the machine does other work too.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import numpy as np
import psutil
import typer
from PIL import Image
from rich.console import Console
from rich.table import Table

from fetal_head.files import write_text

SHAPE = (60, 90)
# a file has at most 65,000 names
FILES = 4
# of a feature of the served model
FEATURES = 256
Work = Callable[[int], object]
Ask = Callable[[dict[str, Any], Any], object]
Open = Callable[[str], Any]
Strategies = Callable[[Any], dict[str, Ask]]


def main(
    to: Annotated[Path, typer.Option(help="JSON file for the figures.")],
    images: Annotated[int, typer.Option(min=FILES)] = 100_000,
    operations: Annotated[int, typer.Option(min=1, help="Submissions, and next images by each strategy, of ours.")] = 200,
    stock_operations: Annotated[int, typer.Option(min=1, help="The same of stock, which takes seconds for each.")] = 20,
) -> None:
    """Prints the table and writes the figures."""
    figures: dict[str, Any] = {"images": images}
    for name, count in (("ours", operations), ("stock", stock_operations)):
        with TemporaryDirectory() as folder:
            studies, label = Path(folder) / "studies", Path(folder) / "label.nrrd"
            _write(studies, label, images)
            first = _in_process(name, studies, label, count)
            figures[name] = {**first, "later start": _in_process(name, studies, label, 0)["first start"]}
    ours, stock = figures["ours"], figures["stock"]
    figures["stock / ours"] = {what: {k: _ratio(stock[what][k], ours[what][k]) for k in ours[what]} for what in stock}
    write_text(to, json.dumps(figures, indent=2))
    table = Table(f"{images} images", "ours", "stock", "stock / ours")
    for what in ours:
        for unit in ours[what]:
            found = (figures[who].get(what) for who in ("ours", "stock", "stock / ours"))
            cells = (f"{figure[unit]:,.1f}" if figure else "" for figure in found)
            table.add_row(f"{what}, {unit}", *cells)
    Console().print(table)


def _write(studies: Path, label: Path, images: int) -> None:
    from fetal_head.imaging import Geometry, write_mask

    studies.mkdir()
    random_ = np.random.default_rng(0)
    for number in range(FILES):
        Image.fromarray(random_.integers(0, 200, SHAPE, dtype=np.uint8)).save(studies / f"image{number:06d}.png")
    for number in range(FILES, images):
        os.link(studies / f"image{number % FILES:06d}.png", studies / f"image{number:06d}.png")
    mask = np.zeros(SHAPE, dtype=np.uint8)
    mask[10:50, 20:70], mask[20:25, 30:40], mask[35:40, 40:60] = 1, 2, 3
    write_mask(label, mask, Geometry(SHAPE))


def _in_process(name: str, studies: Path, label: Path, count: int) -> dict[str, Any]:
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_measure, args=(name, studies, label, count, theirs))
    process.start()
    theirs.close()
    try:
        return dict(ours.recv())
    except EOFError as error:
        raise SystemExit(f"the measurement of {name} failed") from error
    finally:
        process.join()


def _measure(name: str, studies: Path, label: Path, count: int, to: Connection) -> None:
    open_, strategies = {"ours": _ours, "stock": _stock}[name]()
    before = psutil.Process().memory_info().rss
    wall, cpu = time.perf_counter(), time.process_time()
    store = open_(str(studies))
    found = {"first start": {"s": time.perf_counter() - wall, "CPU s": time.process_time() - cpu}}
    if count:
        for strategy, ask in strategies(store).items():
            # which reads everything once, as a server does when it starts
            ask({"strategy": strategy, "client_id": "client"}, store)
            asked = ({"strategy": strategy, "client_id": f"client{number}"} for number in range(count))
            found[f"next image, {strategy}"] = _times(lambda _, ask=ask, asked=asked: ask(next(asked), store), count)
        ids = random.Random(0).sample(store.list_images(), count)
        found["submission"] = _times(lambda n: store.save_label(ids[n], str(label), "final", {"client_id": "ann"}), count)
        found["state"] = _times(lambda n: store.status(), count)
        found["memory"] = {"MiB": (psutil.Process().memory_info().rss - before) / 2**20}
    to.send(found)


def _ours() -> tuple[Open, Strategies]:
    from fetal_head.config import load_settings
    from fetal_head.store.study import StudyDatastore
    from fetal_head.store.worklist.pools import Pools
    from fetal_head.tasks.strategies import suggestions

    settings = load_settings()

    def strategies(study: StudyDatastore) -> dict[str, Ask]:
        _make_up_scores(study.store)
        offered = suggestions(Pools(study.store))
        return {name: offered[name] for name in ("first", "random", "hybrid")}

    return lambda folder: StudyDatastore(folder, settings.store), strategies


def _make_up_scores(store: Any) -> None:
    from fetal_head.model.scoring import Score
    from fetal_head.store.worklist.scores import unscored, write_scores

    draw = np.random.default_rng(0)
    while images := unscored(store, "v0001", 10_000):
        features = draw.normal(size=(len(images), FEATURES)).astype(np.float16)
        numbers = draw.random((len(images), 2, 3)).tolist()
        scores = (Score(tuple(e), tuple(b), (True, False, True), f, 0.0) for (e, b), f in zip(numbers, features, strict=True))
        write_scores(store, "v0001", list(zip(images, scores, strict=True)))


def _stock() -> tuple[Open, Strategies]:
    from monailabel.datastore.local import LocalDatastore
    from monailabel.tasks.activelearning.first import First
    from monailabel.tasks.activelearning.random import Random

    def open_(folder: str) -> LocalDatastore:
        return LocalDatastore(folder, extensions=("*.png", "*.nrrd"))

    return open_, lambda _: {"first": First(), "random": Random()}


def _times(work: Work, count: int) -> dict[str, float]:
    wall, cpu = [], []
    for number in range(count):
        started = time.perf_counter(), time.process_time()
        work(number)
        wall.append(time.perf_counter() - started[0])
        cpu.append(time.process_time() - started[1])
    p50, p95 = np.percentile(wall, [50, 95]) * 1000
    return {"p50 ms": float(p50), "p95 ms": float(p95), "CPU p50 ms": float(np.median(cpu)) * 1000}


def _ratio(stock: float, ours: float) -> float:
    return stock / ours if ours else float("nan")


if __name__ == "__main__":
    typer.run(main)
