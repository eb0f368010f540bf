"""MONAI Label's active-learning strategies: which unlabelled image comes next."""

from __future__ import annotations

import random
from typing import Any

from monailabel.interfaces.datastore import Datastore
from monailabel.interfaces.tasks.strategy import Strategy

from fetal_head.imaging import read_image
from fetal_head.model.predictor import Predictor
from fetal_head.selection.scores import uncertainty


class First(Strategy):  # type: ignore[misc]
    """The first unlabelled image in the order of names."""

    def __init__(self) -> None:
        super().__init__("First unlabelled image by name")

    def __call__(self, request: dict[str, Any], datastore: Datastore) -> dict[str, Any]:
        """{"id": ...}, or {} when everything is labelled."""
        unlabelled = sorted(datastore.get_unlabeled_images())
        return {"id": unlabelled[0]} if unlabelled else {}


class Random(Strategy):  # type: ignore[misc]
    """Any unlabelled image."""

    def __init__(self) -> None:
        super().__init__("Random unlabelled image")

    def __call__(self, request: dict[str, Any], datastore: Datastore) -> dict[str, Any]:
        """{"id": ...}, or {} when everything is labelled."""
        unlabelled = datastore.get_unlabeled_images()
        return {"id": random.choice(unlabelled)} if unlabelled else {}


class Uncertainty(Strategy):  # type: ignore[misc]
    """The one that the model is least sure of, among a random handful of unlabelled images."""

    def __init__(self, predictor: Predictor, candidates: int) -> None:
        super().__init__("Unlabelled image that the model is least sure of")
        self._predictor = predictor
        self._candidates = candidates

    def __call__(self, request: dict[str, Any], datastore: Datastore) -> dict[str, Any]:
        """{"id", "score", "model_version"}; {} when no unlabelled image can be read."""
        unlabelled = datastore.get_unlabeled_images()
        images = {}
        for image_id in random.sample(unlabelled, len(unlabelled)):
            try:
                images[image_id] = read_image(datastore.get_image_uri(image_id))[0]
            except ValueError:
                continue
            if len(images) == self._candidates:
                break
        if not images:
            return {}
        probabilities, version = self._predictor.probabilities(list(images.values()))
        scores = uncertainty(probabilities).tolist()
        score, image_id = max(zip(scores, images, strict=True))
        return {"id": image_id, "score": score, "model_version": version}
