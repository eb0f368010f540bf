"""The same page over a PACS: what is drawn arrives there as a Segmentation."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from desk import Desk
from highdicom.seg import segread
from numpy.testing import assert_array_equal
from playwright.sync_api import Browser, expect

from orthanc import PASSWORD, USER, Orthanc, program, running
from serving import Server, serving
from ultrasound import written

pytestmark = pytest.mark.slow
CONF = {"pacs_poll_seconds": "1"}


@pytest.fixture
def orthanc(tmp_path: Path) -> Iterator[Orthanc]:
    if program() is None:
        pytest.skip("Orthanc is not installed (Debian: apt-get install orthanc orthanc-dicomweb)")
    (tmp_path / "orthanc").mkdir()
    with running(tmp_path / "orthanc") as found:
        found.put(*written(tmp_path).values())
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
    expect(ann.page.locator("#images tr").first).to_be_visible()
    image = ann.open()
    x, y = 40, 50
    ann.press("2")
    ann.drag((x, y), (x + 30, y))
    drawn = ann.mask
    assert drawn[y, x + 15] == 2
    ann.button("Submit")
    expect(ann.page.locator("#fh-state")).to_have_text("Submitted")
    end = time.monotonic() + 60
    while not (found := orthanc.instances("SEG")):
        assert time.monotonic() < end, server.log.read_text()[-2000:]
        time.sleep(0.2)
    segmentation = segread(io.BytesIO(found[0]))
    instance, _, frame = image.partition(".f")
    options = {"combine_segments": True, "skip_overlap_checks": True, "assert_missing_frames_are_empty": True}
    if frame:
        (mask,) = segmentation.get_pixels_by_source_frame(instance, [int(frame)], **options)
    else:
        (mask,) = segmentation.get_pixels_by_source_instance([instance], **options)
    # segments are numbered by what is there
    values = [0, *({"BRAIN": 1, "CSP": 2, "LV": 3}[segment.SegmentLabel] for segment in segmentation.SegmentSequence)]
    assert_array_equal(np.array(values)[mask], drawn)
    assert orthanc.instances("SR")
    ann.leave()
