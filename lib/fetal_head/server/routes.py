"""Routes of ours that come before MONAI Label's of the same path."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from fastapi import APIRouter, BackgroundTasks, Depends, Form, UploadFile
from monailabel.endpoints import datastore
from monailabel.endpoints.train import status, stop
from monailabel.interfaces.app import MONAILabelApp

from fetal_head.server.child import announce_parent, before_interrupt
from fetal_head.server.history import history_routes
from fetal_head.server.identity import User, known, requires
from fetal_head.server.infer import infer_routes, json_object
from fetal_head.server.login import install_login
from fetal_head.server.sample import for_slicer
from fetal_head.server.training import training_routes
from fetal_head.store.settling import FINAL


def install_routes(app: MONAILabelApp) -> None:
    """Puts our routes in front; called once the server has made the app."""
    from monailabel.app import app as application

    announce_parent()
    before_interrupt(stop)
    application.router.routes[:0] = [
        *install_login(app, application).routes,
        *training_routes(app).routes,
        *infer_routes(app).routes,
        *history_routes(app).routes,
        *routes(app).routes,
    ]


def routes(app: MONAILabelApp) -> APIRouter:
    """The routes over one app, each with the role that upstream asks for."""
    router = APIRouter()
    links = Path(app.app_dir) / "links"

    @router.get("/train/", dependencies=[Depends(requires("user"))])
    def training_status(all: bool = False, check_if_running: bool = False) -> Any:  # noqa: A002
        """The last training, 404 when there was none, with its `progress` by trainer: epoch, losses, Dice, seconds left."""
        found = status(all, check_if_running)
        return found if all else {**found, "progress": app.info()["train_stats"]}

    @router.post("/activelearning/{strategy}")
    def next_sample(
        strategy: str,
        params: dict[str, Any] | None = None,
        user: User = Depends(requires("user")),  # noqa: B008
    ) -> dict[str, Any]:
        """The next image to label, told so that Slicer opens just that one; {} when every image is labelled."""
        # not upstream's: it does not say who asks, and writes down for every image whom it was offered to
        found: dict[str, Any] = app.next_sample({**(params or {}), **known(user), "strategy": strategy})
        return for_slicer({**found, **app.datastore().get_image_info(found["id"])}, links) if found else {}

    @router.put("/datastore/label")
    def save_label(
        background_tasks: BackgroundTasks,
        image: str,
        label: UploadFile,
        params: str = Form("{}"),
        tag: str = FINAL,
        user: User = Depends(requires("annotator")),  # noqa: B008
    ) -> Any:
        """Keeps a submitted label; upstream's, which by itself forgets who submits it."""
        said = json.dumps({**json_object(params), **known(user)})
        return datastore.save_label(background_tasks, image, said, tag, label, user.name)

    return router
