"""The same page over a PACS: what is drawn arrives there as a Segmentation."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import requests
from correcting import correct
from desk import Desk, Mask
from highdicom.seg import Segmentation, segread
from numpy.testing import assert_array_equal
from playwright.sync_api import Browser, expect

from orthanc import PASSWORD, USER, Orthanc, program, running
from serving import Server, serving
from ultrasound import FRAMES, written

pytestmark = pytest.mark.slow
CONF = {"pacs_poll_seconds": "1", "max_epochs": "2", "batches_per_epoch": "1", "batch_size": "2", "processes": "1"}
# a loop is an image for each frame
IMAGES = 5 + FRAMES


@pytest.fixture
def orthanc(tmp_path: Path) -> Iterator[Orthanc]:
    if program() is None:
        pytest.skip("Orthanc is not installed (Debian: apt-get install orthanc orthanc-dicomweb)")
    (tmp_path / "orthanc").mkdir()
    with running(tmp_path / "orthanc") as found:
        # of an image without a pixel size there is no report
        found.put(*(file for kind, file in written(tmp_path).items() if kind != "unsized"))
        yield found


@pytest.fixture
def server(orthanc: Orthanc, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("MONAI_LABEL_DICOMWEB_USERNAME", USER)
    monkeypatch.setenv("MONAI_LABEL_DICOMWEB_PASSWORD", PASSWORD)
    with serving(orthanc.url, tmp_path / "server", conf=CONF) as found:
        yield found


def test_from_the_pacs_to_the_page_and_back(server: Server, orthanc: Orthanc, browser: Browser) -> None:
    ann = Desk(browser, server.url)
    ann.page.goto(f"{server.url}/ohif/")
    expect(ann.page.locator("#images tr")).to_have_count(IMAGES)
    ann.page.get_by_role("link", name="Open the next image").click()
    image = ann.settled("")
    drawn = correct(ann)
    ann.button("Submit")
    expect(ann.page.locator("#fh-state")).to_have_text("Submitted")
    segmentation = segread(io.BytesIO(_arrived(orthanc, "SEG", 1, server)[0]))
    assert_array_equal(_mask(segmentation, image), drawn)
    assert _arrived(orthanc, "SR", 1, server)

    # several images of a patient are one study for OHIF
    other = image
    for _ in range(2):
        ann.button("Next")
        other = ann.settled(other)
        ann.button("Submit")
        expect(ann.page.locator("#fh-state")).to_have_text("Submitted")
    ann.button("Train")
    expect(ann.page.get_by_label("Training", exact=True)).to_be_visible()
    assert server.wait_for_training()["status"] == "DONE"
    # one that is no better is kept and not served
    requests.post(f"{server.url}/model/versions/v0001/publish", timeout=60).raise_for_status()
    expect(ann.page.locator("#fh-version")).to_contain_text("Served: v0001")
    ann.button("Predict again")
    ann.page.wait_for_function("fetalHead.editor.model === 'v0001'")
    assert ann.open(image) == image
    assert_array_equal(ann.mask, drawn)
    assert ann.text("#fh-state") == "Submitted"
    assert ann.errors == []
    ann.leave()


def _arrived(orthanc: Orthanc, modality: str, count: int, server: Server) -> list[bytes]:
    """Objects that the PACS has got, once there are so many."""
    end = time.monotonic() + 60
    while len(found := orthanc.instances(modality)) < count:
        assert time.monotonic() < end, server.log.read_text()[-2000:]
        time.sleep(0.2)
    return found


def _mask(segmentation: Segmentation, image: str) -> Mask:
    instance, _, frame = image.partition(".f")
    options = {"combine_segments": True, "skip_overlap_checks": True, "assert_missing_frames_are_empty": True}
    if frame:
        (mask,) = segmentation.get_pixels_by_source_frame(instance, [int(frame)], **options)
    else:
        (mask,) = segmentation.get_pixels_by_source_instance([instance], **options)
    # segments are numbered by what is there
    values = [0, *({"BRAIN": 1, "CSP": 2, "LV": 3}[segment.SegmentLabel] for segment in segmentation.SegmentSequence)]
    found: Mask = np.array(values, dtype=np.uint8)[mask]
    return found
