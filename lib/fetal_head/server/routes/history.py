"""What was submitted for an image, over HTTP: look at it, get it back, judge it."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Depends
from fastapi.responses import Response
from monailabel.interfaces.app import MONAILabelApp
from pydantic import BaseModel

from fetal_head.server.asked import AsAnnotator, AsReviewer
from fetal_head.server.dicomweb.routes import check_seen
from fetal_head.server.login.identity import requires
from fetal_head.store.dicom.instances import Instances
from fetal_head.store.labels.differences import Difference
from fetal_head.store.labels.drafts import SUFFIX
from fetal_head.store.labels.history import Status, compare, entries, entry, label_file, restore, set_status


class Review(BaseModel):
    """What a reviewer says of a submission, and over which `picture` he has seen it, as `/datastore/image/dicom` tells of it."""

    status: Status
    comment: str = ""
    picture: str = ""


def history_routes(app: MONAILabelApp, instances: Instances) -> APIRouter:
    """The routes over the history of one app's study: users look, annotators restore, reviewers judge."""
    router = APIRouter(prefix="/history", tags=["History"])
    store = app.datastore().store
    reads = Depends(requires("user"))

    @router.get("/{image}", dependencies=[reads])
    def history(image: str) -> list[dict[str, Any]]:
        """Everything that was submitted or predicted for an image, deleted or not, the first one first."""
        return [found.told for found in entries(store, image)]

    # before the next one, which would take its name for a number
    @router.get("/{image}/diff", dependencies=[reads])
    def diff(image: str, first: int, second: int) -> dict[str, Difference]:
        """By structure, how the second of two submissions differs from the first: Dice, and pixels added and removed."""
        return compare(store, image, first, second)

    @router.get("/{image}/{number}", dependencies=[reads])
    def show(image: str, number: int) -> dict[str, Any]:
        """All that is known of one submission."""
        return entry(store, image, number).told

    @router.get("/{image}/{number}/label", dependencies=[reads])
    def label(image: str, number: int) -> Response:
        """The mask of one submission as NRRD in our values, whatever kind of file it came as."""
        said = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(f'{image}-{number:04}{SUFFIX}', safe='')}"}
        return Response(label_file(store, image, number), media_type="application/octet-stream", headers=said)

    @router.post("/{image}/{number}/restore")
    def restore_label(image: str, number: int, user: AsAnnotator) -> dict[str, Any]:
        """Submits an earlier mask again; answers with the number that it has now."""
        return {"image": image, "number": restore(store, image, number, user.name)}

    @router.post("/{image}/{number}/status")
    def judge(image: str, number: int, review: Review, user: AsReviewer) -> dict[str, Any]:
        """Approves or rejects a submission; a rejected one is no label any more. Answers 409 when there is another `picture`."""
        check_seen(instances, image, review.picture)
        set_status(store, image, number, review.status, user.name, review.comment)
        return entry(store, image, number).facts

    return router
