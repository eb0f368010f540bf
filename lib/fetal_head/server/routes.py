"""Routes of ours that come before MONAI Label's of the same path."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fastapi import APIRouter, Depends, HTTPException
from monailabel.config import settings
from monailabel.endpoints.activelearning import sample
from monailabel.endpoints.train import run_model
from monailabel.endpoints.user.auth import RBAC, User
from monailabel.interfaces.app import MONAILabelApp

from fetal_head.server.sample import for_slicer


def install_routes(app: MONAILabelApp) -> None:
    """Puts our routes in front; called once the server has made the app."""
    from monailabel.app import app as application

    application.router.routes[:0] = routes(app).routes


def routes(app: MONAILabelApp) -> APIRouter:
    """The routes over one app, each with the role that upstream asks for."""
    router = APIRouter()
    links = Path(app.app_dir) / "links"

    @router.post("/train/{model}", dependencies=[Depends(RBAC(settings.MONAI_LABEL_AUTH_ROLE_ADMIN))])
    async def start_training(
        model: str, params: dict[str, Any] | None = None, run_sync: bool = False, enqueue: bool = False
    ) -> Any:
        """Starts a training, or answers 422 with a sentence when there is nothing to train on.

        Upstream starts a process that fails, and the viewer never shows why.
        """
        if not app.datastore().get_labeled_images():
            raise HTTPException(422, "There is no submitted label yet: correct and submit at least one image, then train.")
        return run_model(model, params, run_sync, enqueue)

    @router.post("/activelearning/{strategy}")
    async def next_sample(
        strategy: str,
        params: dict[str, Any] | None = None,
        user: User = Depends(RBAC(settings.MONAI_LABEL_AUTH_ROLE_USER)),  # noqa: B008
    ) -> dict[str, Any]:
        """The next image to label, told so that Slicer opens just that one; {} when every image is labelled."""
        found: dict[str, Any] = sample(strategy, params, user.username)
        return for_slicer(found, links) if found else {}

    return router
