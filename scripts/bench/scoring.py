"""Images a second of our scoring against MONAI Label's EpistemicScoring.

    python scripts/bench/scoring.py --to runs/scoring.json

Both ask the shipped segmenter, with as many dropout samples of its deepest features, of the same phantoms as PNG files. Ours
reads each image once, while the one before it is scored, finds the head, runs the encoder once and the decoder for every
sample, by ONNX Runtime on a CPU; `frames kept` is what a later model pays that finds heads alike. Theirs reads the image and
runs the whole network for every sample, by torch, in two threads as it does by default; it has no locator, and looks at the
whole image resized. Neither writes its scores to a database here. The three take turns. Timings of one machine: compare the
ratios.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import numpy as np
import torch
import typer
from monai.inferers import SimpleInferer
from monai.networks.layers.simplelayers import SkipConnection
from monai.transforms import Activationsd, EnsureChannelFirstd, EnsureTyped, Lambdad, LoadImaged, NormalizeIntensityd, Resized
from monailabel.interfaces.tasks.infer_v2 import InferType
from monailabel.tasks.infer.basic_infer import BasicInferTask
from monailabel.tasks.scoring.epistemic_v2 import EpistemicScoring
from PIL import Image
from rich.console import Console
from rich.table import Table

from fetal_head.ahead import ahead
from fetal_head.batched import batched
from fetal_head.config import load_settings
from fetal_head.datasets.phantoms import phantoms
from fetal_head.files import write_text
from fetal_head.imaging import read_image
from fetal_head.labels import VALUES
from fetal_head.model.registry import SHIPPED
from fetal_head.model.scoring import Scorer
from fetal_head.model.weights import load_weights
from fetal_head.server.scoring import BATCH_CPU, BATCH_GPU

SIZE = (959, 661)


def main(
    to: Annotated[Path, typer.Option(help="JSON file for the figures.")],
    images: Annotated[int, typer.Option(min=1, help="Phantoms to score.")] = 32,
    rounds: Annotated[int, typer.Option(min=1, help="How often each takes its turn.")] = 3,
) -> None:
    """Prints the table and writes the figures."""
    settings = load_settings()
    samples, rate = settings.selection.dropout_samples, settings.selection.dropout_rate
    torch.set_num_threads(1)
    networks, description = load_weights(SHIPPED)
    scorer = Scorer(networks, description.architecture, settings.model, settings.selection)
    with TemporaryDirectory() as folder:
        files = []
        for number, phantom in enumerate(phantoms(range(images))):
            files.append(Path(folder) / f"image{number}.png")
            Image.fromarray(phantom.image).resize(SIZE).save(files[-1])
        stock = EpistemicScoring(Stock(networks.segmenter, description.architecture.frame_size, rate), simulation_size=samples)
        kept = [frame for batch in _batches(files) for frame in scorer.frames(_read(batch))]
        ways: dict[str, Callable[[], object]] = {
            "ours": lambda: [scorer.scores(scorer.frames(images)) for images in ahead(map(_read, _batches(files)))],
            "ours, frames kept": lambda: [scorer.scores(batch) for batch in _batches(kept)],
            "EpistemicScoring": lambda: stock({}, Files(files)),
        }
        seconds: dict[str, list[float]] = {name: [] for name in ways}
        for way in ways.values():
            way()
        for _ in range(rounds):
            for name, way in ways.items():
                started = time.perf_counter()
                way()
                seconds[name].append(time.perf_counter() - started)
    rates = {name: images / float(np.median(taken)) for name, taken in seconds.items()}
    figures = {"images": images, "samples": samples, "gpu": torch.cuda.is_available(), "seconds": seconds, "images_per_s": rates}
    write_text(to, json.dumps(figures, indent=2))
    table = Table("scoring", "images/s, median", "times EpistemicScoring")
    for name, found in rates.items():
        table.add_row(name, f"{found:.1f}", f"{found / rates['EpistemicScoring']:.1f}")
    Console().print(table)


class Dropout(torch.nn.Module):
    """A layer that drops whole features, whatever mode the network is in."""

    def __init__(self, rate: float) -> None:
        super().__init__()
        self._rate = rate

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.dropout2d(features, self._rate, training=True)


class Stock(BasicInferTask):
    """Probabilities as MONAI Label's example apps make them for scoring."""

    def __init__(self, network: torch.nn.Module, size: tuple[int, int], rate: float) -> None:
        joint: Any = [module for module in network.modules() if isinstance(module, SkipConnection)][-1]
        joint.submodule = torch.nn.Sequential(joint.submodule, Dropout(rate))
        super().__init__(None, network, InferType.SEGMENTATION, dict(VALUES), 2, "stock", skip_writer=True)
        self._frame = size

    def is_valid(self) -> bool:
        return True

    def pre_transforms(self, data: dict[str, Any] | None = None) -> list[Any]:
        return [
            LoadImaged("image"),
            EnsureChannelFirstd("image"),
            Lambdad("image", lambda image: image.mean(0, keepdim=True)),
            NormalizeIntensityd("image"),
            Resized("image", self._frame[::-1]),
            Lambdad("image", lambda image: image.transpose(1, 2)),
            EnsureTyped("image"),
        ]

    def inferer(self, data: dict[str, Any] | None = None) -> Any:
        return SimpleInferer()

    def post_transforms(self, data: dict[str, Any] | None = None) -> list[Any]:
        return [EnsureTyped("pred"), Activationsd("pred", sigmoid=True)]


class Files:
    """As much of a datastore as scoring asks for."""

    def __init__(self, files: Sequence[Path]) -> None:
        self._files = {path.stem: path for path in files}
        self._info: dict[str, dict[str, Any]] = {}

    def get_unlabeled_images(self) -> list[str]:
        return list(self._files)

    def get_image_info(self, image_id: str) -> dict[str, Any]:
        return self._info.get(image_id, {})

    def get_image_uri(self, image_id: str) -> str:
        return str(self._files[image_id])

    def update_image_info(self, image_id: str, info: dict[str, Any]) -> None:
        self._info[image_id] = info


def _batches(items: Sequence[Any]) -> Iterator[Sequence[Any]]:
    # as the server's worker takes them
    return batched(items, BATCH_GPU if torch.cuda.is_available() else BATCH_CPU)


def _read(files: Sequence[Path]) -> list[Any]:
    return [read_image(path)[0] for path in files]


if __name__ == "__main__":
    typer.run(main)
