"""Labels over HTTP."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends, Form, UploadFile
from fastapi.responses import StreamingResponse
from monailabel.interfaces.app import MONAILabelApp

from fetal_head.server.asked import AsAdmin, AsAnnotator, json_object
from fetal_head.server.dicomweb.routes import drawn_on
from fetal_head.server.downloads import download
from fetal_head.server.login.identity import known, requires
from fetal_head.server.routes.images import existing
from fetal_head.server.turns import Turns
from fetal_head.server.uploads import kept_mask
from fetal_head.store.dicom.instances import Instances
from fetal_head.store.labels.settling import FINAL
from fetal_head.store.study import StudyDatastore


def label_routes(app: MONAILabelApp, instances: Instances, turns: Turns) -> APIRouter:
    """The routes over the study's labels, each with the role that upstream asks for."""
    router = APIRouter(prefix="/datastore", tags=["Datastore"])
    study: StudyDatastore = app.datastore()
    reads = Depends(requires("user"))

    @router.put("/label")
    @turns
    def save_label(
        image: str, label: UploadFile, user: AsAnnotator, params: str = Form("{}"), tag: str = FINAL
    ) -> dict[str, Any]:
        """Keeps a submitted mask, and answers with its `number`.

        Answers 404 for an unknown image, 422, saying why, for what is no mask of it, 409 when `params` has another `picture`
        than `/datastore/image/dicom` tells of it now, or, without one, as `instance` another SOPInstanceUID, and 412 when the
        current label is another one than the number that `params` has as `replaces` (0 for none): its own is then the ETag.
        """
        told = json_object(params)
        picture = drawn_on(instances, image, told.pop("picture", None), told.pop("instance", None))
        with kept_mask(label) as path:
            number = study.submit_label(image, str(path), tag or FINAL, told | known(user), picture)
        return {**(app.on_save_label(image, image) or {}), "image": image, "label": image, "number": number}

    @router.delete("/label")
    def remove_label(id: str, tag: str, user: AsAdmin) -> dict[str, Any]:  # noqa: A002
        """Takes a label away; it stays in the history."""
        study.remove_label(id, tag)
        return {}

    @router.head("/label", dependencies=[reads])
    def check_label(image: str, tag: str) -> dict[str, Any]:
        """Answers 404 when there is no such label."""
        existing(study.get_label_uri(image, tag), f"label '{tag}' of the image '{image}'")
        return {}

    @router.get("/label", dependencies=[reads])
    def download_label(label: str, tag: str) -> StreamingResponse:
        """The file of a label."""
        path = existing(study.get_label_uri(label, tag), f"label '{tag}' of the image '{label}'")
        return download(path, path.name)

    @router.get("/label/info", dependencies=[reads])
    def label_info(label: str, tag: str) -> dict[str, Any]:
        """What is known of a label."""
        existing(study.get_label_uri(label, tag), f"label '{tag}' of the image '{label}'")
        return study.get_label_info(label, tag)

    @router.put("/label/info")
    def update_label_info(label: str, tag: str, user: AsAnnotator, info: str = Form("{}")) -> None:
        """Lays `info` over what is known of a label. Answers 403 to who would change what an approved one speaks of."""
        study.update_label_info(label, tag, json_object(info) | known(user), may_review=user.may("reviewer"))

    # the older name of the same
    @router.put("/updatelabelinfo", include_in_schema=False)
    def update_label_info_by_params(label: str, tag: str, user: AsAnnotator, params: str = Form("{}")) -> None:
        update_label_info(label, tag, user, params)

    return router
