"""What does not come from the page: labels, and files that change."""

from __future__ import annotations

import io
import json
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import requests
from desk import Mask

from fetal_head.imaging import read_mask
from pictures import write_itk
from serving import Server


def hand_in(server: Server, image: str, mask: Mask, **said: Any) -> None:
    """Submits a mask as another client does."""
    with TemporaryDirectory() as folder:
        content = write_itk(Path(folder) / "mask.nrrd", mask).read_bytes()
    files, url = {"label": ("mask.nrrd", io.BytesIO(content))}, f"{server.url}/datastore/label?image={image}"
    requests.put(url, data={"params": json.dumps(said)}, files=files, timeout=60).raise_for_status()


def instance_of(server: Server, image: str, unlike: str = "") -> str:
    """The SOPInstanceUID of an image, once it is another one than before."""
    while True:
        answer = requests.get(f"{server.url}/datastore/image/dicom?image={image}", timeout=60)
        if answer.ok and (found := str(answer.json()["SOPInstanceUID"])) != unlike:
            return found
        time.sleep(0.1)


def finals(server: Server, image: str) -> list[dict[str, Any]]:
    """What was submitted for an image, the first one first."""
    history = requests.get(f"{server.url}/history/{image}", timeout=60).json()
    return [entry for entry in history if entry["tag"] == "final"]


def label_of(server: Server, image: str) -> Mask:
    """The label that the study folder has."""
    return read_mask(server.studies / "labels" / "final" / f"{image}.nrrd")
