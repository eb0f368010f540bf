"""MONAI Label's batch inference, which by itself divides by the number of GPUs and ends at the first damaged image."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fastapi import HTTPException
from monailabel.interfaces.tasks.batch_infer import BatchInferTask
from sqlalchemy import select

from fetal_head.server.child import die_with_parent
from fetal_head.store.errors import StoreError
from fetal_head.store.files.layout import Picture
from fetal_head.store.labels.settling import ORIGINAL
from fetal_head.store.people import who_is
from fetal_head.store.sql.tables import Submission
from fetal_head.store.study import StudyDatastore

logger = logging.getLogger(__name__)


class BatchInfer(BatchInferTask):  # type: ignore[misc]
    """One image after the other on whatever device the Predictor uses."""

    def __call__(self, request: dict[str, Any], datastore: StudyDatastore, infer: Callable[..., Any]) -> dict[str, Any]:
        """Predicts the asked images, at most `max_batch_size`, and keeps the masks under `label_tag`, as the `user`'s.

        An image keeps the label that somebody gives it meanwhile: it then answers with an error.
        The answer is by image: the tag and `params` as of /infer, or `error` with the sentence why there is no mask.
        """
        die_with_parent()
        tag = request.get("label_tag") or ORIGINAL
        # before: what becomes a label in between is not taken for one that was there
        seen = _numbers(datastore, tag)
        images = sorted(self.get_images(request, datastore))[: request.get("max_batch_size") or None]
        told: dict[str, Any] = {}
        for number, image in enumerate(images, start=1):
            try:
                told[image] = self._predict(image, tag, seen.get(image, 0), request, datastore, infer)
            except HTTPException as error:
                told[image] = {"error": error.detail}
            logger.info("%d of %d images are predicted", number, len(images))
        return told

    @staticmethod
    def _predict(
        image: str, tag: str, replaces: int, request: dict[str, Any], datastore: StudyDatastore, infer: Callable[..., Any]
    ) -> dict[str, Any]:
        # another file may take its place while it is looked at
        picture = Picture.at(Path(uri := datastore.get_image_uri(image)))
        # by its path, for upstream takes an id that happens to be a file's name for that file; so told, it keeps no label
        predicted = infer({**request, "image": uri}, datastore)
        mask = Path(predicted["file"])
        try:
            # what is predicted is kept as the original label in any case
            if tag != ORIGINAL:
                # the store lets several readers submit beside one another, which a prediction does not
                if (now := _numbers(datastore, tag, image).get(image, replaces)) != replaces:
                    raise StoreError(412, f"version {now} became the label of '{image}' meanwhile: it is kept")
                said = {"params": predicted["params"], "user": who_is(request), "replaces": replaces}
                datastore.submit_label(image, str(mask), tag, said, drawn_on=picture)
        finally:
            mask.unlink()
        return {"tag": tag, "params": predicted["params"]}


def _numbers(datastore: StudyDatastore, tag: str, *images: str) -> dict[str, int]:
    """By image, of these or else of all, the number of the label of a tag; images without one are left out."""
    labels = select(Submission.image, Submission.number).where(Submission.current, Submission.tag == tag)
    with datastore.store.reading() as session:
        rows = session.execute(labels.where(Submission.image.in_(images)) if images else labels)
        return dict(rows.tuples().all())
