"""What there is to do, over HTTP: the list of images, and setting one aside."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from monailabel.interfaces.app import MONAILabelApp
from pydantic import BaseModel

from fetal_head.server.asked import AsAnnotator, AsUser, who_asks
from fetal_head.server.dicomweb.routes import check_seen
from fetal_head.server.login.identity import requires
from fetal_head.store.dicom.instances import Instances
from fetal_head.store.worklist.page import Status, work, worklist
from fetal_head.store.worklist.set_aside import flag, skip


class Seen(BaseModel):
    """Who has seen an image, where nobody has to sign in, and which `picture` it was, as `/datastore/image/dicom` tells of it."""

    client_id: str = ""
    picture: str = ""


class Flag(Seen):
    """Why an image is set aside; without a comment it is no longer."""

    comment: str = ""


def worklist_routes(app: MONAILabelApp, instances: Instances) -> APIRouter:
    """The routes over the work on one app's study."""
    router = APIRouter(prefix="/worklist", tags=["Worklist"])
    store = app.datastore().store
    reads = Depends(requires("user"))

    @router.get("", dependencies=[reads])
    def images(
        search: Annotated[str, Query(max_length=200)] = "",
        status: Status | None = None,
        limit: Annotated[int, Query(ge=1, le=500)] = 50,
        offset: Annotated[int, Query(ge=0, le=2**53)] = 0,
    ) -> dict[str, Any]:
        """The images in the order of their names, a page at a time: `total`, and `images` with their status and label."""
        return asdict(worklist(store, search, status, limit, offset))

    @router.get("/{image}")
    def image(image: str, user: AsUser, client_id: str = "") -> dict[str, Any]:
        """One of them, for whoever asks to work on: with several readers the label is his own."""
        return work(store, image, who_asks(client_id, user))

    @router.post("/{image}/skip")
    def skip_image(image: str, seen: Seen, user: AsAnnotator) -> None:
        """Gives an image back for others; whoever asks is not given it again. Answers 409 when it has another `picture`."""
        check_seen(instances, image, seen.picture)
        skip(store, image, who_asks(seen.client_id, user))

    @router.post("/{image}/flag")
    def flag_image(image: str, reason: Flag, user: AsAnnotator) -> None:
        """Sets an image aside with a comment, or takes the flag away. Answers 409 when it has another `picture`."""
        check_seen(instances, image, reason.picture)
        flag(store, image, who_asks(reason.client_id, user), reason.comment)

    return router
