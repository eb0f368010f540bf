"""Predictions of many images over HTTP, in a process of their own."""

from __future__ import annotations

import threading
from functools import partial
from typing import Any

from anyio import to_thread
from fastapi import APIRouter, Depends, HTTPException
from monailabel.endpoints.batch_infer import run, status
from monailabel.interfaces.app import MONAILabelApp
from monailabel.interfaces.tasks.batch_infer import BatchInferImageType

from fetal_head.server.asked import AsAdmin, asked_for, check_offered
from fetal_head.server.background import active_task, stop_task
from fetal_head.server.login.identity import requires
from fetal_head.server.predictions import Predictions
from fetal_head.store.images import check_tag
from fetal_head.store.labels.settling import ORIGINAL


def batch_routes(app: MONAILabelApp, predictions: Predictions) -> APIRouter:
    """The routes that start, stop and tell of predictions of many images, each with the role that upstream asks for."""
    router = APIRouter(prefix="/batch", tags=["Infer"])
    models = list(app.info()["models"])
    one_at_a_time = threading.Lock()

    def start(model: str, images: str, asked: dict[str, Any]) -> Any:
        with one_at_a_time:
            task = active_task("batch_infer")
            if task:
                sentence = f"images are being predicted since {task['start_ts']}: wait for the end or stop it, then start again"
                raise HTTPException(409, sentence)
            return run(model, images, asked, False)

    @router.get("/infer", dependencies=[Depends(requires("user"))])
    def batch_status(all: bool = False, check_if_running: bool = False) -> Any:  # noqa: A002
        """The last predictions of many images, 404 when there were none."""
        return status(all, check_if_running)

    @router.post("/infer/{model}")
    async def batch_infer(
        model: str,
        user: AsAdmin,
        images: BatchInferImageType = BatchInferImageType.IMAGES_ALL,
        params: dict[str, Any] | None = None,
        run_sync: bool = False,
    ) -> Any:
        """Predicts all, labelled or unlabelled images of the study and keeps the masks under `label_tag`.

        Of `params`, `label_tag` and `max_batch_size` count. With `run_sync` the answer comes at the end, as one prediction.
        """
        check_offered("model", model, models)
        asked = asked_for(params, user, "label_tag", "max_batch_size")
        check_tag(asked.get("label_tag") or ORIGINAL)
        most = asked.get("max_batch_size") or 0
        if not isinstance(most, int) or most < 0:
            raise HTTPException(422, "max_batch_size is the largest number of images, 0 for all of them")
        if run_sync:
            return await predictions.run(partial(run, model, images, asked, True))
        return await to_thread.run_sync(start, model, images, asked)

    @router.delete("/infer")
    def stop_batch(user: AsAdmin) -> Any:
        """Stops the predictions; null when there are none."""
        with one_at_a_time:
            return stop_task("batch_infer")

    return router
