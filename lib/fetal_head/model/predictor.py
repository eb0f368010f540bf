"""The served model, for the server, the command line and the evaluation."""

from __future__ import annotations

import threading

import numpy as np
from numpy.typing import NDArray

from fetal_head.config import ModelSettings
from fetal_head.model.registry import Registry, Version
from fetal_head.model.segmenter import Prediction, Segmenter, load_segmenter
from fetal_head.model.traffic import Traffic
from fetal_head.stamp import Stamp


class Predictor:
    """Holds the served model in memory and takes up a newly published one at the next request.

    Attributes:
        traffic: the predictions that are being made, for work that has to give way to them.
    """

    def __init__(self, registry: Registry, settings: ModelSettings, version: str | None = None) -> None:
        """`version` pins one version; by default it is always the registry's current one.

        Raises:
            ValueError: there is no such version.
        """
        self._registry = registry
        self._settings = settings
        self._pinned = registry.version(version) if version else None
        self._lock = threading.Lock()
        self.traffic = Traffic()
        self._loaded: tuple[tuple[Version, Stamp | None], Segmenter] | None = None

    def predict(self, image: NDArray[np.float32]) -> Prediction:
        """Mask and confidence of one grey image, (rows, columns) in any range."""
        with self.traffic.passing():
            return self._segmenter().predict(image)

    def warm_up(self) -> None:
        """Loads the model and runs both networks once, so that the first annotator does not wait for it."""
        rows, columns = np.mgrid[-32:32, -48:48]
        self.predict(np.asarray((rows / 24) ** 2 + (columns / 32) ** 2 < 1, dtype=np.float32))

    def _segmenter(self) -> Segmenter:
        wanted = self._pinned or self._registry.current()
        file = wanted.file
        with self._lock:
            if self._loaded is None or self._loaded[0] != file:
                self._loaded = file, load_segmenter(wanted.path, self._settings, wanted.name)
            return self._loaded[1]
