"""What a campaign does with its labels: it trains on all of them, from the starting weights each time, and judges the result."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fetal_head.config import Settings
from fetal_head.evaluation.effort import effort
from fetal_head.evaluation.pairs import Pair
from fetal_head.imaging.mask import Mask, region_of
from fetal_head.labels import NAMES
from fetal_head.learning.samples import Find, Sample, make_sample
from fetal_head.learning.trainer import train
from fetal_head.model.network import Architecture, HeadNetworks
from fetal_head.model.segmenter import Segmenter
from fetal_head.model.weights import starting_networks
from fetal_head.simulation.cell import Judged


@dataclass(frozen=True)
class Start:
    """The weights that every training begins with: those of a file, or random ones by the settings and a seed."""

    name: str
    path: Path | None

    def build(self, settings: Settings, seed: int) -> tuple[HeadNetworks, Architecture]:
        """The networks, in evaluation mode, and their architecture."""
        return starting_networks(self.path, settings.model, seed)

    def find(self, settings: Settings) -> Find | None:
        """Where the model of the file sees the head; None for random weights."""
        if self.path is None:
            return None
        return Segmenter(*self.build(settings, 0), settings.model).find


class Truth:
    """The annotator: gives each image's true mask, as a sample to learn from that is read once."""

    def __init__(self, pairs: Sequence[Pair], find: Find | None) -> None:
        """`find` tells where the head is whose image the field of view cuts."""
        self._find = find
        self._pairs = {pair.id: pair for pair in pairs}
        self._samples: dict[str, Sample] = {}

    def samples(self, images: Sequence[str], architecture: Architecture) -> list[Sample]:
        """The samples of images by id."""
        for image in images:
            if image not in self._samples:
                pair = self._pairs[image]
                known = pair.load()
                told = known.image, known.truth, known.annotated
                self._samples[image] = make_sample(image, pair.patient, *told, architecture, self._find)
        return [self._samples[image] for image in images]


def trained(
    networks: HeadNetworks, architecture: Architecture, samples: Sequence[Sample], settings: Settings, seed: int
) -> HeadNetworks:
    """The networks once they have learned from the samples."""
    learning = settings.learning.model_copy(update={"seed": seed})
    return train(networks, architecture, samples, [], learning).networks


def judged(predict: Callable[[NDArray[np.float32]], Mask], pairs: Sequence[Pair]) -> list[Judged]:
    """How a model, which makes a mask of a grey image of the same (rows, columns), does on test images at their own size."""
    found = []
    for pair in pairs:
        known = pair.load()
        names = [name for name in NAMES if name in known.annotated]
        changes = effort(predict(known.image), known.truth, names)
        dice = {n: c.dice for n, c in changes.items() if c.dice is not None and region_of(known.truth, n).any()}
        found.append(Judged(pair.id, dice, {name: change.apl for name, change in changes.items()}, pair.patient))
    return found
