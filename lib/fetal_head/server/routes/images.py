"""The study and its images over HTTP."""

from __future__ import annotations

import threading
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Form, HTTPException, Query, UploadFile
from fastapi.responses import StreamingResponse
from monailabel.interfaces.app import MONAILabelApp

from fetal_head.server.asked import AsAdmin, AsAnnotator, json_object
from fetal_head.server.downloads import download
from fetal_head.server.login.identity import known, requires
from fetal_head.server.uploads import kept_image, name_of
from fetal_head.store.files.layout import QUIET_SECONDS
from fetal_head.store.files.names import split_name
from fetal_head.store.intake.scan import take_in
from fetal_head.store.study import StudyDatastore


def image_routes(app: MONAILabelApp) -> APIRouter:
    """The routes over the study and its images, each with the role that upstream asks for."""
    router = APIRouter(prefix="/datastore", tags=["Datastore"])
    study: StudyDatastore = app.datastore()
    reads = Depends(requires("user"))
    one_archive_at_a_time = threading.Lock()

    @router.get("/", dependencies=[reads])
    def datastore(output: Literal["stats", "all", "train"] = "stats") -> Any:
        """How many images and labels there are; all of them by id; or the files to train on."""
        return {"stats": study.status, "all": study.json, "train": study.datalist}[output]()

    # the first is what 3D Slicer calls
    @router.put("/", include_in_schema=False)
    @router.put("/image")
    def add_image(file: UploadFile, user: AsAnnotator, image: str = "", params: str = Form("{}")) -> dict[str, str]:
        """Takes an image into the study: 409 when its id is taken, 422 when it cannot be read or its id is no plain name."""
        with kept_image(file) as path:
            name = image or split_name(name_of(file))[0]
            return {"image": study.add_image(name, str(path), json_object(params) | known(user))}

    @router.delete("/", include_in_schema=False)
    @router.delete("/image")
    def remove_image(id: str, user: AsAdmin) -> dict[str, Any]:  # noqa: A002
        """Takes an image out of the study with its labels; all of them stay in the history."""
        study.remove_image(id)
        return {}

    @router.head("/image", dependencies=[reads])
    def check_image(image: str, check_sum: str = "") -> dict[str, Any]:
        """Answers 404 when there is no such image, or it has another `check_sum` (`SHA256:` and hexadecimal digits)."""
        path = existing(study.get_image_uri(image), f"image '{image}'")
        if check_sum and check_sum.removeprefix("SHA256:").lower() != sha256(path.read_bytes()).hexdigest():
            raise HTTPException(404, f"the image '{image}' has another checksum")
        return {}

    @router.get("/image", dependencies=[reads])
    def download_image(image: str) -> StreamingResponse:
        """The file of an image."""
        path = existing(study.get_image_uri(image), f"image '{image}'")
        return download(path, path.name)

    @router.get("/image/info", dependencies=[reads])
    def image_info(image: str) -> dict[str, Any]:
        """What is known of an image."""
        existing(study.get_image_uri(image), f"image '{image}'")
        return study.get_image_info(image)

    @router.put("/image/info")
    def update_image_info(image: str, user: AsAnnotator, info: str = Form("{}")) -> None:
        """Lays `info` over what is known of an image."""
        study.update_image_info(image, json_object(info) | known(user))

    @router.get("/dataset", dependencies=[Depends(requires("annotator"))])
    def download_dataset(limit_cases: Annotated[int | None, Query(ge=1)] = None) -> StreamingResponse:
        """A zip of the labelled images, their labels and what is known of both."""
        with one_archive_at_a_time:
            # whoever writes into an image in place changes nothing that is watched
            take_in(study.store, quiet_for=QUIET_SECONDS)
            return download(Path(study.get_dataset_archive(limit_cases)), "dataset.zip")

    return router


def existing(path: str, what: str) -> Path:
    """The path of a file that the study knows. Answers 404 when it does not."""
    if not path or not Path(path).is_file():
        raise HTTPException(404, f"there is no {what}")
    return Path(path)
