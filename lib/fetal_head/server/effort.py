"""What people changed of the model's predictions, over HTTP."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, Depends
from monailabel.interfaces.app import MONAILabelApp

from fetal_head.server.identity import requires
from fetal_head.store.effort import efforts


def effort_routes(app: MONAILabelApp) -> APIRouter:
    """The route over one app's study; it has to come before /history/{image}."""
    router = APIRouter(tags=["History"])
    store = app.datastore().store

    @router.get("/history/effort", dependencies=[Depends(requires("user"))])
    def effort() -> list[dict[str, Any]]:
        """By model version: labels, median added path length, mean Dice, share of the labels that were accepted as predicted.

        A label is measured in the background, within seconds of its submission.
        """
        return [asdict(found) for found in efforts(store)]

    return router
