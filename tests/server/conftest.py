"""Running servers that several files of tests share."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from asking import NAME
from dicomweb_asking import DAMAGED, WEB
from dicomweb_client import DICOMwebClient

from fetal_head.phantom import phantom
from pictures import speckle, write_dicom, write_itk, write_picture
from serving import Server, serving

CONF = {
    "upload_megabytes": "3",
    "predictions_at_once": "1",
    "predictions_waiting": "1",
    "cors_origins": "[https://friend.example]",
}


@pytest.fixture(scope="session")
def border(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A study of an image that is called after a patient, and one that nothing can read."""
    studies = tmp_path_factory.mktemp("studies")
    write_picture(studies / f"{NAME}.png", phantom(3).image)
    (studies / "Bella-Damaged_2.png").write_bytes(b"damaged")
    with serving(studies, tmp_path_factory.mktemp("server"), conf=CONF) as running:
        yield running


@pytest.fixture(scope="session")
def dicomweb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A study of images of every kind, two of them of one patient, and one that nothing can read."""
    studies = tmp_path_factory.mktemp("studies")
    write_picture(studies / "Patient00001_a.png", phantom(1).image)
    write_picture(studies / "Patient00001_b.jpg", speckle(61, 91), quality=90)
    write_picture(studies / "Anna-Musterfrau.png", np.stack([speckle(60, 90, seed=s) for s in range(3)], axis=-1))
    write_picture(studies / "Wide.png", speckle(60, 90).astype(np.uint16) * 257)
    write_itk(studies / "Known.nrrd", speckle(60, 90), spacing=(0.2, 0.15))
    write_dicom(studies / "Made.dcm", speckle(60, 90), spacing=(0.3, 0.3))
    write_picture(studies / "Patient00002_well.png", speckle(60, 90))
    (studies / f"{DAMAGED}.png").write_bytes(b"damaged")
    with serving(studies, tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture(scope="session")
def client(dicomweb: Server) -> DICOMwebClient:
    """A client of it."""
    return DICOMwebClient(f"{dicomweb.url}{WEB}")
