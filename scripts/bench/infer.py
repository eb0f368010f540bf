"""How long a prediction takes: the bare forward passes, our server over HTTP, and a stock MONAI Label app.

    python scripts/bench/infer.py --to runs/infer.json

Images are phantoms resized to 959 x 661 PNG. Each server has a while to settle, in which ours scores the images, and is then
asked by one client and by four at a time; a request is the whole way, from its first byte to the last byte of the mask. The
bare passes are timed before and after. Timings of one machine: compare the ratios.
"""

from __future__ import annotations

import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import numpy as np
import requests
import torch
import typer
from PIL import Image
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from fetal_head.datasets.phantoms import phantoms
from fetal_head.files import write_text
from fetal_head.model.registry import SHIPPED
from fetal_head.model.weights import load_weights
from trials.process import APP, ROOT, Server

MODELS = {"ours": "fetal_head", "stock": "stock"}
SIZE = (959, 661)
IMAGES = 8
SETTLED_SECONDS = 20


def main(
    to: Annotated[Path, typer.Option(help="JSON file for the figures.")],
    requests_: Annotated[int, typer.Option("--requests", min=1, help="Requests of each client.")] = 40,
) -> None:
    """Prints the table and writes the figures."""
    bare, figures = _bare(requests_), dict[str, Any]()
    with TemporaryDirectory() as folder:
        studies = Path(folder) / "studies"
        studies.mkdir()
        for number, phantom in enumerate(phantoms(range(IMAGES))):
            Image.fromarray(phantom.image).resize(SIZE).save(studies / f"image{number}.png")
        for name, model in MODELS.items():
            with server(name, studies, Path(folder)) as running:
                time.sleep(SETTLED_SECONDS)
                for clients in (1, 4):
                    taken = _load(running.url, model, clients, requests_)
                    figures[f"{name}, {clients} client{'s' * (clients > 1)}"] = summary(taken)
                figures[f"{name} resident MiB"] = running.resident_bytes / 2**20
    figures["bare"] = summary([*bare, *_bare(requests_)])
    figures["ratio to bare, 1 client"] = figures["ours, 1 client"]["p50"] / figures["bare"]["p50"]
    for clients in ("1 client", "4 clients"):
        figures[f"stock / ours, {clients}"] = figures[f"stock, {clients}"]["p50"] / figures[f"ours, {clients}"]["p50"]
    write_text(to, json.dumps(figures, indent=2))
    table = Table("what", "p50 ms", "p95 ms")
    for what, found in figures.items():
        table.add_row(
            what, *([f"{found['p50']:.1f}", f"{found['p95']:.1f}"] if isinstance(found, dict) else [f"{found:.2f}", ""])
        )
    Console().print(table)


def _bare(count: int) -> list[float]:
    """Seconds of both networks' forward passes, as often as one prediction needs them, and nothing else."""
    networks, description = load_weights(SHIPPED)
    whole, framed = (
        torch.rand(1, 1, *description.architecture.locator_size),
        torch.rand(2, 1, *description.architecture.frame_size),
    )
    taken = []
    with torch.inference_mode():
        for number in range(count + 3):
            started = time.perf_counter()
            networks.locator(whole)
            networks.segmenter(framed)
            if number >= 3:
                taken.append(time.perf_counter() - started)
    return taken


def _load(url: str, model: str, clients: int, count: int) -> list[float]:
    def ask(client: int) -> list[float]:
        taken = []
        for number in range(count + 3):
            image = f"image{(client + number) % IMAGES}"
            started = time.perf_counter()
            parameters = {"params": json.dumps({"result_extension": ".nrrd", "result_dtype": "uint8"})}
            answer = requests.post(f"{url}/infer/{model}?image={image}&output=image", data=parameters, timeout=120)
            answer.raise_for_status()
            if number >= 3:
                taken.append(time.perf_counter() - started)
        return taken

    with ThreadPoolExecutor(clients) as pool:
        return [seconds for taken in pool.map(ask, range(clients)) for seconds in taken]


def server(name: str, studies: Path, folder: Path) -> Server:
    """`monailabel start_server` with our app or the stock one, below `folder`."""
    main_py = {"ours": APP, "stock": ROOT / "scripts/bench/stock/main.py"}[name]
    return Server(studies, folder / name, main_py, module="monailabel.main")


def summary(seconds: list[float]) -> dict[str, float]:
    """p50 and p95 in ms."""
    p50, p95 = np.percentile(seconds, [50, 95]) * 1000
    return {"p50": float(p50), "p95": float(p95), "n": len(seconds)}


if __name__ == "__main__":
    typer.run(main)
