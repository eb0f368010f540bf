"""What a mask measures, over HTTP, while it is being drawn."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Form, UploadFile
from monailabel.interfaces.app import MONAILabelApp

from fetal_head.biometry import measure
from fetal_head.biometry.calipers import calipers
from fetal_head.biometry.flags import SENTENCES
from fetal_head.biometry.gestational_age import LONGEST_WEEKS
from fetal_head.imaging import read_geometry, read_mask
from fetal_head.server.asked import AsUser, who_asks
from fetal_head.server.dicomweb.routes import drawn_on
from fetal_head.server.routes.images import existing
from fetal_head.server.uploads import kept_mask
from fetal_head.store.dicom.instances import Instances
from fetal_head.store.errors import not_read
from fetal_head.store.study import StudyDatastore
from fetal_head.store.worklist.reservations import renew


def biometry_routes(app: MONAILabelApp, instances: Instances) -> APIRouter:
    """The route over one app's images."""
    router = APIRouter(tags=["Biometry"])
    study: StudyDatastore = app.datastore()

    @router.post("/biometry")
    def biometry(
        image: str,
        label: UploadFile,
        user: AsUser,
        weeks: Annotated[float | None, Form(gt=0, lt=LONGEST_WEEKS)] = None,
        client_id: Annotated[str, Form()] = "",
        picture: Annotated[str, Form()] = "",
    ) -> Any:
        """The measurements of a mask of an image, where they were taken, and a sentence for each flag. Nothing is kept.

        What whoever asks (`client_id`, where nobody signs in) holds is his for a whole lease from now on. Answers 404 for an
        unknown image, 422, saying why, for what is no mask of it, 503 where the system cannot read it, and 409 when `picture` is
        another than `/datastore/image/dicom` tells of it now.
        """
        who = who_asks(client_id, user)
        path = existing(study.get_image_uri(image), f"image '{image}'")
        try:
            geometry = read_geometry(path)
            with kept_mask(label) as file:
                mask = read_mask(file, geometry.shape)
        except ValueError as error:
            raise not_read(str(error), error) from error
        # after its geometry was read: that of another picture would make other millimetres of the mask
        drawn_on(instances, image, picture)
        renew(study.store, who)
        spacing = study.spacing_of(str(path), geometry)
        found = measure(mask, spacing, weeks=weeks)
        lines = [asdict(line) for line in calipers(mask, spacing)]
        flags = [SENTENCES[name] for name in found.flags]
        return {"flags": flags, "biometry": asdict(found), "calipers": lines, "pixel_size_mm": spacing}

    return router
