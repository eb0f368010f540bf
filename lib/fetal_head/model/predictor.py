"""One way from a grey image to its mask, for the server, the command line and the scores."""

from __future__ import annotations

import threading
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from fetal_head.imaging import Mask
from fetal_head.model.postprocessing import confidence, to_mask
from fetal_head.model.preprocessing import network_input, placement, restore
from fetal_head.model.registry import Registry, Version
from fetal_head.model.weights import load_weights


@dataclass(frozen=True)
class Prediction:
    """What the model says of one image.

    Attributes:
        mask: (rows, columns) uint8 at the original size.
        confidence: mean probability within each structure, None where it was not found.
        version: name of the model version that said so.
    """

    mask: Mask
    confidence: dict[str, float | None]
    version: str


class Predictor:
    """Holds the served model in memory and takes up a newly published one at the next request."""

    def __init__(self, registry: Registry, threshold: float, version: str | None = None) -> None:
        """`version` pins one version; by default it is always the registry's current one.

        Raises:
            ValueError: there is no such version.
        """
        self._registry = registry
        self._threshold = threshold
        self._pinned = registry.version(version) if version else None
        self._device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self._lock = threading.Lock()
        self._loaded: tuple[Version, torch.nn.Module, tuple[int, int]] | None = None

    def predict(self, image: NDArray[np.float32]) -> Prediction:
        """Mask and confidence of one grey image, (rows, columns) in any range."""
        version, network, size = self._model()
        with torch.inference_mode():
            logits = network(network_input(image, size)[None].to(self._device))
            planes = restore(torch.sigmoid(logits[0]).float().cpu(), placement(_shape(image), size)).numpy()
        mask = to_mask(planes, self._threshold)
        return Prediction(mask, confidence(planes, mask), version.name)

    def probabilities(self, images: list[NDArray[np.float32]]) -> tuple[torch.Tensor, str]:
        """(N, 3, H, W) probabilities at the network's size, in one batch, and the model version that gave them."""
        version, network, size = self._model()
        batch = torch.stack([network_input(image, size) for image in images]).to(self._device)
        with torch.inference_mode():
            return torch.sigmoid(network(batch)).float().cpu(), version.name

    def warm_up(self) -> None:
        """Loads the model and runs it once, so that the first annotator does not wait for it."""
        self.predict(np.zeros((64, 96), dtype=np.float32))

    def _model(self) -> tuple[Version, torch.nn.Module, tuple[int, int]]:
        wanted = self._pinned or self._registry.current()
        with self._lock:
            if self._loaded is None or self._loaded[0] != wanted:
                network, description = load_weights(wanted.path)
                self._loaded = wanted, network.to(self._device), description.architecture.network_size
            return self._loaded


def _shape(image: NDArray[np.float32]) -> tuple[int, int]:
    return image.shape[0], image.shape[1]
