"""MONAI Label's batch inference, which by itself divides by the number of GPUs and ends at the first damaged image."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fastapi import HTTPException
from monailabel.interfaces.tasks.batch_infer import BatchInferTask

from fetal_head.server.child import die_with_parent
from fetal_head.store.files.layout import Picture
from fetal_head.store.labels.settling import ORIGINAL
from fetal_head.store.study import StudyDatastore

logger = logging.getLogger(__name__)


class BatchInfer(BatchInferTask):  # type: ignore[misc]
    """One image after the other on whatever device the Predictor uses."""

    def __call__(self, request: dict[str, Any], datastore: StudyDatastore, infer: Callable[..., Any]) -> dict[str, Any]:
        """Predicts the asked images, at most `max_batch_size`, and keeps the masks under `label_tag`.

        The answer is by image: the tag and `params` as of /infer, or `error` with the sentence why there is no mask.
        """
        die_with_parent()
        images = sorted(self.get_images(request, datastore))[: request.get("max_batch_size") or None]
        tag = request.get("label_tag") or ORIGINAL
        told: dict[str, Any] = {}
        for number, image in enumerate(images, start=1):
            try:
                told[image] = self._predict(image, tag, request, datastore, infer)
            except HTTPException as error:
                told[image] = {"error": error.detail}
            logger.info("%d of %d images are predicted", number, len(images))
        return told

    @staticmethod
    def _predict(
        image: str, tag: str, request: dict[str, Any], datastore: StudyDatastore, infer: Callable[..., Any]
    ) -> dict[str, Any]:
        # another file may take its place while it is looked at
        picture = Picture.at(Path(uri := datastore.get_image_uri(image)))
        # by its path, for upstream takes an id that happens to be a file's name for that file; so told, it keeps no label
        predicted = infer({**request, "image": uri}, datastore)
        mask = Path(predicted["file"])
        try:
            # what is predicted is kept as the original label in any case
            if tag != ORIGINAL:
                datastore.submit_label(image, str(mask), tag, {"params": predicted["params"]}, drawn_on=picture)
        finally:
            mask.unlink()
        return {"tag": tag, "params": predicted["params"]}
