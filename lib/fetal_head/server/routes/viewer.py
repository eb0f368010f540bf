"""What a viewer asks first, over HTTP: what there is, and which image is next."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fastapi import APIRouter, Depends, HTTPException
from monailabel.interfaces.app import MONAILabelApp

from fetal_head.server.asked import AsUser, asked_for, check_offered
from fetal_head.server.dicomweb.routes import identifiers
from fetal_head.server.login.identity import requires
from fetal_head.server.routes.sample import for_slicer
from fetal_head.server.turns import Turns
from fetal_head.store.dicom.instances import Instances


def viewer_routes(app: MONAILabelApp, instances: Instances, turns: Turns) -> APIRouter:
    """What a viewer asks first: what there is, and which image is next."""
    router = APIRouter()
    links = Path(app.app_dir) / "links"
    strategies = list(app.info()["strategies"])

    @router.get("/info/", tags=["App"], dependencies=[Depends(requires("user"))])
    def info() -> dict[str, Any]:
        """Models, trainers, strategies and the state of the study."""
        return dict(app.info())

    @router.post("/activelearning/{strategy}", tags=["ActiveLearning"])
    @turns
    def next_sample(strategy: str, user: AsUser, params: dict[str, Any] | None = None) -> dict[str, Any]:
        """The next image to label, told so that any viewer opens just that one; {} when every image is labelled.

        It is another one than `leaving`, the image that is open, as long as there is any, and than one whose file cannot be read.
        """
        check_offered("strategy", strategy, strategies)
        asked = asked_for(params, user, "leaving")
        # not upstream's: it does not say who asks, and writes down for every image whom it was offered to
        found: dict[str, Any] = app.next_sample({**asked, "strategy": strategy})
        try:
            return told(found) if found else {}
        except HTTPException:
            # that may go on for long, and whoever asks again would be given the same one
            other = app.next_sample({**asked, "strategy": strategy, "unread": found["id"]})
            if not other:
                raise
            return told(other)

    def told(found: dict[str, Any]) -> dict[str, Any]:
        # what was once said of an image must not take the place of why it is given
        info = app.datastore().get_image_info(found["id"])
        if not info:
            raise HTTPException(503, f"the image '{found['id']}' has just been taken out of the study; ask again")
        return for_slicer({**info, **found, **identifiers(instances, image=found["id"])}, links)

    return router
