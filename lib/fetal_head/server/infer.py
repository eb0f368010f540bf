"""Predictions over HTTP, several at a time."""

from __future__ import annotations

import json
from typing import Any

from fastapi import APIRouter, BackgroundTasks, Depends, File, Form, HTTPException, UploadFile
from monailabel.endpoints.infer import ResultType, run_inference, send_response
from monailabel.interfaces.app import MONAILabelApp

from fetal_head.server.identity import User, known, requires


def infer_routes(app: MONAILabelApp) -> APIRouter:
    """The route that asks a model for a mask, with the role that upstream asks for."""
    router = APIRouter()

    # not async: upstream's holds up every other request until its prediction is made
    @router.post("/infer/{model}")
    def infer(
        background_tasks: BackgroundTasks,
        model: str,
        image: str = "",
        session_id: str = "",
        params: str = Form("{}"),
        file: UploadFile | None = File(None),  # noqa: B008
        label: UploadFile | None = File(None),  # noqa: B008
        output: ResultType | None = None,
        user: User = Depends(requires("user")),  # noqa: B008
    ) -> Any:
        """The mask of an image of the study (`image`), of an uploaded one (`file`) or of a session's; the rest is upstream's."""
        asked = json_object(params)
        if file or label or session_id or output is ResultType.dicom_seg:
            return run_inference(background_tasks, model, image, session_id, params, file, label, output)
        # upstream collects all that GET /info/ tells for each prediction, the state of the whole study included
        result = app.infer({"model": model, "image": image, **asked, **known(user)})
        return send_response(app.datastore(), result, output, background_tasks)

    return router


def json_object(text: str) -> dict[str, Any]:
    """The `params` of a request. Answers 422 when they are no JSON object."""
    try:
        params = json.loads(text or "{}")
    except ValueError as error:
        raise HTTPException(422, f"params is no JSON: {error}") from error
    if not isinstance(params, dict):
        raise HTTPException(422, 'params is no JSON object; it looks like {"result_extension": ".nrrd"}')
    return params
