"""One running server for the tests of its border."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from asking import NAME

from fetal_head.phantom import phantom
from pictures import write_picture
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
