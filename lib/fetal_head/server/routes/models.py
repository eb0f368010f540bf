"""The model's files over HTTP: the served one down, another one up as a new version."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone
from hashlib import sha256
from typing import Any

from fastapi import APIRouter, Depends, HTTPException, UploadFile
from fastapi.responses import StreamingResponse
from monailabel.interfaces.app import MONAILabelApp

from fetal_head.model.listing import listing
from fetal_head.model.registry import SHIPPED_NAME, Registry, Version
from fetal_head.model.weights import load_weights
from fetal_head.server.asked import AsAdmin, check_offered
from fetal_head.server.downloads import download
from fetal_head.server.login.identity import requires
from fetal_head.server.uploads import kept


def model_routes(app: MONAILabelApp, registry: Registry) -> APIRouter:
    """The routes over the registry of versions, for admins."""
    router = APIRouter(prefix="/model", tags=["Model"], dependencies=[Depends(requires("admin"))])
    models = list(app.info()["models"])

    @router.get("/info/{model}")
    def model_info(model: str) -> dict[str, Any]:
        """Name, checksum and age of the served version, and the last training."""
        check_offered("model", model, models)
        return {**_told(registry.current()), "train_stats": app.info()["train_stats"].get(model, {})}

    @router.get("/{model}")
    def download_model(model: str) -> StreamingResponse:
        """The file of the served version."""
        check_offered("model", model, models)
        version = registry.current()
        return download(version.path, f"{model}-{version.name}.safetensors")

    @router.put("/{model}")
    def upload_model(model: str, file: UploadFile, user: AsAdmin, publish: bool = False) -> dict[str, Any]:
        """Keeps a model file as a new version, which is served only with `publish`. Answers 422 for what is none of this app."""
        check_offered("model", model, models)
        with kept(file, ".safetensors") as path:
            try:
                network, description = load_weights(path)
                description.architecture.check_sizes()
            except (ValueError, RuntimeError) as error:
                raise HTTPException(422, f"the model was not accepted: {error}") from error
        uploaded = {"by": user.name, "at": datetime.now(timezone.utc).isoformat(timespec="seconds")}
        parent = description.parent
        if parent not in (None, SHIPPED_NAME):  # its number is that of another version here
            parent = f"the uploaded file's {parent}"
        training = {**description.training, "uploaded": uploaded}
        version = registry.add(network, replace(description, parent=parent, training=training))
        if publish:
            registry.publish(version.name)
        return {**_told(version), "published": publish}

    @router.delete("/{model}")
    def delete_model(model: str) -> None:
        """Refused: every version is kept."""
        raise HTTPException(405, "versions of the model are kept; `fetal-head models rollback` serves the one before")

    return router


def version_routes(registry: Registry) -> APIRouter:
    """The routes over the versions: users look, admins choose. They have to come before /model/{model}."""
    router = APIRouter(prefix="/model/versions", tags=["Model"])

    @router.get("", dependencies=[Depends(requires("user"))])
    def versions() -> list[dict[str, Any]]:
        """All versions, with their Dice on validation patients and what was found when they were compared with the one before."""
        return listing(registry)

    @router.post("/{version}/publish")
    def publish(version: str, user: AsAdmin) -> dict[str, str]:
        """Serves a version from now on."""
        check_offered("version", version, [found.name for found in registry.versions()])
        try:
            return {"served": registry.publish(version).name}
        except ValueError as error:
            raise HTTPException(422, str(error)) from error

    @router.post("/rollback")
    def rollback(user: AsAdmin) -> dict[str, str]:
        """Serves again what was served before the present version."""
        try:
            return {"served": registry.rollback().name}
        except ValueError as error:
            raise HTTPException(409, str(error)) from error

    return router


def _told(version: Version) -> dict[str, Any]:
    digest = sha256(version.path.read_bytes()).hexdigest()
    return {"version": version.name, "checksum": f"SHA256:{digest}", "modified_time": int(version.path.stat().st_mtime)}
