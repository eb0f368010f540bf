"""The parts of docker-compose.yml together, from Debian's packages: the server, Orthanc as its study and PostgreSQL."""

from __future__ import annotations

import io
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from highdicom.seg import segread
from numpy.testing import assert_array_equal
from sqlalchemy import create_engine, text

import orthanc
import postgresql
from fetal_head.imaging import read_mask
from serving import ROOT, Server, environment, serving
from ultrasound import FRAMES, written

pytestmark = pytest.mark.slow

COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
CONF = dict(
    option.removeprefix("--conf=").split("=", 1)
    for option in COMPOSE["services"]["server"]["command"]
    if option.startswith("--conf=")
)
PASSWORD = "correct horse"


@dataclass
class Together:
    """All that runs."""

    server: Server
    studies: Path
    pacs: orthanc.Orthanc
    database: str


@pytest.fixture(scope="module")
def together(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Together]:
    if orthanc.program() is None:
        pytest.skip("Orthanc is not installed (Debian: apt-get install orthanc orthanc-dicomweb)")
    if (programs := postgresql.programs()) is None:
        pytest.skip("PostgreSQL is not installed (Debian: apt-get install postgresql)")
    folder, studies = tmp_path_factory.mktemp("server"), tmp_path_factory.mktemp("studies")
    with (
        orthanc.running(tmp_path_factory.mktemp("orthanc")) as pacs,
        postgresql.cluster(programs) as url,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setenv("MONAI_LABEL_DICOMWEB_USERNAME", orthanc.USER)
        patch.setenv("MONAI_LABEL_DICOMWEB_PASSWORD", orthanc.PASSWORD)
        here = {"pacs_folder": str(studies), "database_url": f"{url}postgres", "pacs_poll_seconds": "1"}
        assert {"pacs_folder", "database_url"} <= set(CONF)
        with serving(pacs.url, folder, conf=CONF | here, by="fetal-head serve") as server:
            yield Together(server, studies, pacs, here["database_url"])


def _until(found: Callable[[], Any], server: Server, seconds: float = 120) -> Any:
    end = time.monotonic() + seconds
    while not (result := found()):
        assert time.monotonic() < end, server.log.read_text()[-4000:]
        time.sleep(0.2)
    return result


def _add_user(together: Together, name: str) -> None:
    """As docs/pacs.md does it while the server runs."""
    command = [str(Path(sys.executable).with_name("fetal-head")), "users", "add", name, "--role", "annotator"]
    command += ["--studies", str(together.studies), "--conf", f"database_url={together.database}"]
    subprocess.run(command, input=f"{PASSWORD}\n", text=True, check=True, capture_output=True, env=environment())


def test_an_image_of_the_pacs_is_labelled_and_the_label_is_in_the_pacs(together: Together, tmp_path: Path) -> None:
    server, client = together.server, together.server.client()
    with pytest.raises(Exception, match="sign in first"):
        client.next_sample("first", {})
    _add_user(together, "ann")
    client.update_auth(client.auth_token("ann", PASSWORD))
    # of an image without a pixel size there is no report
    kinds = {kind: file for kind, file in written(tmp_path).items() if kind != "unsized"}
    together.pacs.put(*kinds.values())
    images = len(kinds) - 1 + FRAMES
    _until(lambda: client.info()["datastore"]["total"] == images, server)
    image = str(client.next_sample("first", {})["id"])
    predicted, params = client.infer("fetal_head", image, {"result_extension": ".nrrd", "result_dtype": "uint8"})
    client.save_label(image, str(predicted), params={"model_version": params["model_version"]})
    (file,) = _until(lambda: together.pacs.instances("SEG"), server)
    assert_array_equal(_pixels(file, image), read_mask(predicted))
    _until(lambda: together.pacs.instances("SR"), server)
    with create_engine(together.database).connect() as database:
        rows = database.execute(text("SELECT image, who FROM submissions WHERE tag = 'final'")).all()
    assert [tuple(row) for row in rows] == [(image, "ann")]


def _pixels(file: bytes, image: str) -> Any:
    """The mask that a Segmentation has of an image."""
    read = segread(io.BytesIO(file))
    assert [segment.SegmentLabel for segment in read.SegmentSequence] == ["BRAIN", "CSP", "LV"]
    options = {"combine_segments": True, "skip_overlap_checks": True, "assert_missing_frames_are_empty": True}
    instance, _, frame = image.partition(".f")
    if frame:
        return read.get_pixels_by_source_frame(instance, [int(frame)], **options)[0]
    return read.get_pixels_by_source_instance([instance], **options)[0]
