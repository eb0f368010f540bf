"""What MONAI Label offers and this server does not, told in a sentence to those who ask for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn

from fastapi import APIRouter, HTTPException

SENTENCES = {
    "/reload": "the app is not reloaded while it serves; restart the server",
    "/logs/gpu": "the state of the GPU is not told over HTTP; run nvidia-smi",
    "/scoring/": "images are scored in the background without being asked for; `fetal-head evaluate` measures a model",
    "/scoring/{method}": "images are scored in the background without being asked for; `fetal-head evaluate` measures a model",
    "/infer/wsi/{model}": "this app knows no slides of pathology; POST /infer/{model} predicts images",
    "/infer/wsi_v2/{model}": "this app knows no slides of pathology; POST /infer/{model} predicts images",
    "/proxy/dicom/{path:path}": "a PACS is read this way and not written; a study folder is answered by DICOMweb at /dicom-web",
}


def closed_routes() -> APIRouter:
    """A route for each that is closed on purpose."""
    router = APIRouter(include_in_schema=False)
    for path, sentence in SENTENCES.items():
        router.add_api_route(path, _refusing(sentence), methods=["GET", "POST", "DELETE"], response_model=None)
    return router


def _refusing(sentence: str) -> Callable[[], NoReturn]:
    def refuse() -> NoReturn:
        raise HTTPException(404, sentence)

    return refuse
