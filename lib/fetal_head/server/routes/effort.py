"""What people changed of the model's predictions, over HTTP."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, Depends
from monailabel.interfaces.app import MONAILabelApp

from fetal_head.server.login.identity import requires
from fetal_head.store.errors import StoreError
from fetal_head.store.labels.effort import Measured, effort_of, efforts
from fetal_head.store.labels.history import entries


def effort_routes(app: MONAILabelApp) -> APIRouter:
    """The routes over one app's study; they have to come before /history/{image}."""
    router = APIRouter(tags=["History"])
    store = app.datastore().store
    reads = Depends(requires("user"))

    @router.get("/effort", dependencies=[reads])
    def effort() -> list[dict[str, Any]]:
        """By model version: labels, share of them that were accepted as predicted, median added path length and changed pixels.

        The latter by structure as well, with mean Dice. A label is measured in the background, within seconds of its submission.
        """
        return [asdict(found) for found in efforts(store)]

    @router.get("/history/effort", dependencies=[reads], include_in_schema=False)
    def effort_or_history() -> list[dict[str, Any]]:
        """The same at its other path, unless an image is called so: then its history."""
        try:
            return [found.told for found in entries(store, "effort")]
        except StoreError:
            return effort()

    @router.get("/history/{image}/{number}/effort", dependencies=[reads])
    def of_one(image: str, number: int) -> Measured | None:
        """By structure, what was changed of the prediction for one submission; null where that is not known (yet)."""
        return effort_of(store, image, number)

    return router
