"""Routes of ours that come before MONAI Label's of the same path."""

from __future__ import annotations

from typing import Any

from fastapi import Depends, HTTPException
from fastapi.routing import APIRoute
from monailabel.config import settings
from monailabel.endpoints.train import run_model
from monailabel.endpoints.user.auth import RBAC
from monailabel.interfaces.app import MONAILabelApp


def install_routes(app: MONAILabelApp) -> None:
    """Puts our routes in front; called once the server has made the app."""
    from monailabel.app import app as application

    async def start_training(
        model: str, params: dict[str, Any] | None = None, run_sync: bool = False, enqueue: bool = False
    ) -> Any:
        """Starts a training, or answers 422 with a sentence when there is nothing to train on.

        Upstream starts a process that fails, and the viewer never shows why.
        """
        if not app.datastore().get_labeled_images():
            raise HTTPException(422, "There is no submitted label yet: correct and submit at least one image, then train.")
        return run_model(model, params, run_sync, enqueue)

    admin = Depends(RBAC(settings.MONAI_LABEL_AUTH_ROLE_ADMIN))
    route = APIRoute("/train/{model}", start_training, methods=["POST"], dependencies=[admin], tags=["Train"])
    application.router.routes.insert(0, route)
