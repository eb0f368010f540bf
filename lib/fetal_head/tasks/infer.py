"""MONAI Label's infer task over the Predictor."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from tempfile import gettempdir
from typing import Any
from uuid import uuid4

from fastapi import HTTPException
from monailabel.interfaces.tasks.infer_v2 import InferTask, InferType

from fetal_head.biometry import measure
from fetal_head.biometry.gestational_age import check_age
from fetal_head.files import clear_strays, temporary_in
from fetal_head.imaging import WRITTEN, read_image
from fetal_head.labels import VALUES
from fetal_head.model.predictor import Predictor
from fetal_head.model.report import structures_found
from fetal_head.store.errors import disk_told, not_read
from fetal_head.store.files.layout import Picture
from fetal_head.store.labels.drafts import SUFFIX, encoded
from fetal_head.store.people import who_is
from fetal_head.store.study import StudyDatastore
from fetal_head.store.worklist.reservations import renew

PREFIX, UUIDS = "fetal-head-", "????????-????-4???-????-????????????"
# it is sent at once; an hour for whatever holds that up
SENT_WITHIN_SECONDS = 3600


class Infer(InferTask):  # type: ignore[misc]
    """Predicts BRAIN, CSP and LV of one image; the answer is a mask file and a JSON description."""

    def __init__(self, predictor: Predictor, datastore: StudyDatastore) -> None:
        super().__init__(InferType.SEGMENTATION, dict(VALUES), 2, "BRAIN, CSP and LV of a 2D fetal-head ultrasound (UNet)")
        self._predictor = predictor
        self._datastore = datastore
        # masks that a killed server was writing
        clear_strays(Path(gettempdir()))
        _clear_unsent(Path(gettempdir()))

    def is_valid(self) -> bool:
        """There always is a model: one ships with the package."""
        return True

    def __call__(self, request: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """The mask's file in the asked `result_extension` (.nrrd, .nii.gz, .nii, .png), and the JSON.

        With `gestational_weeks`, known from dating, the measurements come with z-scores and centiles.
        """
        started = time.perf_counter()
        if not request.get("image"):
            raise HTTPException(404, "there is no such image")
        who = who_is(request)
        try:
            extension, weeks = _extension(request.get("result_extension")), _weeks(request.get("gestational_weeks"))
            # another file may take its place while it is looked at
            picture = Picture.at(Path(request["image"]))
            with disk_told(gettempdir()):
                image, geometry = read_image(picture.path)
            spacing = self._datastore.spacing_of(request["image"], geometry)
            if not picture.is_there:
                raise HTTPException(409, "the image was replaced while it was read: open it again")
            prediction = self._predictor.predict(image)
        except HTTPException:  # the store's, which are ValueErrors as well
            raise
        except (TypeError, ValueError, OverflowError) as error:
            raise not_read(str(error), error) from error
        # to compress a mask takes a tenth of what it takes to predict it: the store and most viewers get the same bytes
        content = encoded(prediction.mask, geometry)
        self._datastore.keep_prediction(picture, content, prediction.version)
        renew(self._datastore.store, who)
        told = {
            # all of them in the order of their values, found or not: Slicer counts segments by this list
            "label_names": dict(VALUES),
            "model_version": prediction.version,
            "pixel_size_mm": spacing,
            "structures": structures_found(prediction, spacing),
            "biometry": asdict(measure(prediction.mask, spacing, weeks=weeks, confidence=prediction.confidence)),
        }
        # last of all, since after an answer that fails nobody deletes it
        result = _written(content if extension == SUFFIX else encoded(prediction.mask, geometry, extension), extension)
        return str(result), {**told, "latencies": {"total": round(time.perf_counter() - started, 3)}}


def _written(content: bytes, extension: str) -> Path:
    """A file of these bytes, which the server deletes once it is sent. Raises StoreError when there is no room for it."""
    with disk_told(gettempdir()), temporary_in(Path(gettempdir()), extension) as temporary:
        temporary.write_bytes(content)
        return temporary.rename(temporary.with_name(f"{PREFIX}{uuid4()}{extension}"))


def _clear_unsent(folder: Path) -> None:
    """Removes the masks that a killed server was about to send; those of one that lives are younger."""
    for mask in folder.glob(f"{PREFIX}{UUIDS}.*"):
        with suppress(OSError):
            if time.time() - mask.lstat().st_mtime > SENT_WITHIN_SECONDS:
                mask.unlink()


def _extension(asked: object) -> str:
    if not asked:
        return SUFFIX
    extension = f".{str(asked).removeprefix('.')}"
    # before a file of that name is made, since it could lead anywhere
    if extension not in WRITTEN:
        raise ValueError(f"a mask can be written as {', '.join(WRITTEN)}, not as {extension[:40]!r}")
    return extension


def _weeks(asked: Any) -> float | None:
    weeks = float(asked) if asked else None
    if weeks is not None:
        check_age("gestational_weeks", weeks)
    return weeks
