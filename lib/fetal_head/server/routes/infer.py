"""Predictions over HTTP: of images of the study, of a session, or sent along; never of a path."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

from fastapi import APIRouter, BackgroundTasks, File, Form, HTTPException, UploadFile
from monailabel.endpoints.infer import send_response
from monailabel.interfaces.app import MONAILabelApp

from fetal_head.server.asked import AsUser, asked_for, check_offered, json_object
from fetal_head.server.predictions import Predictions
from fetal_head.server.sessions import Sessions
from fetal_head.server.uploads import kept_image


def infer_routes(app: MONAILabelApp, predictions: Predictions, sessions: Sessions) -> APIRouter:
    """The route that asks a model for a mask, with the role that upstream asks for."""
    router = APIRouter(tags=["Infer"])
    models = list(app.info()["models"])

    @contextmanager
    def path_of(image: str, session_id: str, file: UploadFile | None) -> Iterator[str]:
        if session_id:
            yield str(sessions.image(session_id))
        elif file:
            with kept_image(file) as path:
                yield str(path)
        elif path := app.datastore().get_image_uri(image):
            yield path
        else:
            raise HTTPException(404, f"there is no such image as '{image}' in the study")

    # async only to wait for its turn: the prediction itself is made in a thread
    @router.post("/infer/{model}")
    async def infer(
        background_tasks: BackgroundTasks,
        model: str,
        user: AsUser,
        image: str = "",
        session_id: str = "",
        params: str = Form("{}"),
        file: UploadFile | None = File(None),  # noqa: B008
        output: Literal["image", "json", "all"] | None = None,
    ) -> Any:
        """The mask of an image of the study (`image`), of an uploaded one (`file`) or of a session's.

        Of `params`, `result_extension` and `gestational_weeks` count. The answer has the mask and what is known of it, or one of
        both, as `output` says.
        """
        check_offered("model", model, models)
        asked = asked_for(json_object(params), user, "result_extension", "gestational_weeks")

        def predict() -> Any:
            with path_of(image, session_id, file) as path:
                result = app.infer({"model": model, "image": path, **asked})
            return send_response(app.datastore(), result, output, background_tasks)

        return await predictions.run(predict)

    return router
