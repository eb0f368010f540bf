"""MONAI Label's active-learning strategies: which unlabelled image comes next."""

from __future__ import annotations

from typing import Any

from monailabel.interfaces.tasks.strategy import Strategy

from fetal_head.imaging import read_image
from fetal_head.model.predictor import Predictor
from fetal_head.selection.scores import uncertainty
from fetal_head.store.people import who_is
from fetal_head.store.reservations import open_images, reserve, reserve_next
from fetal_head.store.study import StudyDatastore


class First(Strategy):  # type: ignore[misc]
    """The first unlabelled image in the order of names."""

    def __init__(self) -> None:
        super().__init__("First unlabelled image by name")

    def __call__(self, request: dict[str, Any], datastore: StudyDatastore) -> dict[str, Any]:
        """{"id": ...}, reserved for the asker, or {} when nothing is left."""
        image = reserve_next(datastore.store, who_is(request), shuffled=False)
        return {"id": image} if image else {}


class Random(Strategy):  # type: ignore[misc]
    """Any unlabelled image."""

    def __init__(self) -> None:
        super().__init__("Random unlabelled image")

    def __call__(self, request: dict[str, Any], datastore: StudyDatastore) -> dict[str, Any]:
        """{"id": ...}, reserved for the asker, or {} when nothing is left."""
        image = reserve_next(datastore.store, who_is(request), shuffled=True)
        return {"id": image} if image else {}


class Uncertainty(Strategy):  # type: ignore[misc]
    """The one that the model is least sure of, among a random handful of unlabelled images."""

    def __init__(self, predictor: Predictor, candidates: int) -> None:
        super().__init__("Unlabelled image that the model is least sure of")
        self._predictor = predictor
        self._candidates = candidates

    def __call__(self, request: dict[str, Any], datastore: StudyDatastore) -> dict[str, Any]:
        """{"id", "score", "model_version"}, reserved for the asker; {} when no image is left that can be read."""
        who = who_is(request)
        while scored := self._scored(datastore, who):
            scores, version = scored
            image = reserve(datastore.store, who, sorted(scores, key=lambda i: -scores[i]))
            if image:
                return {"id": image, "score": scores[image], "model_version": version}
        return {}

    def _scored(self, datastore: StudyDatastore, who: str) -> tuple[dict[str, float], str] | None:
        """How unsure the model is of a handful of images, and which version that is; None when none can be read."""
        images = {}
        # more than are needed: some may be damaged
        for image_id in open_images(datastore.store, who, 4 * self._candidates, shuffled=True):
            try:
                images[image_id] = read_image(datastore.get_image_uri(image_id))[0]
            except ValueError:
                continue
            if len(images) == self._candidates:
                break
        if not images:
            return None
        probabilities, version = self._predictor.probabilities(list(images.values()))
        return dict(zip(images, uncertainty(probabilities).tolist(), strict=True)), version
