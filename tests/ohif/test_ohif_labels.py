"""Labels that were put into the study folder, of whatever kind, are what the page shows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from desk import Desk, Mask, phantoms
from handing_in import finals, hand_in
from numpy.testing import assert_array_equal
from playwright.sync_api import Browser, expect

from fetal_head.phantom import phantom
from pictures import write_itk, write_picture
from serving import Server, serving

pytestmark = pytest.mark.slow
# the values that another viewer gave them
THEIRS = {"LV": 1, "CSP": 2, "BRAIN": 3}


def test_labels_of_every_kind_are_shown(browser: Browser, tmp_path: Path) -> None:
    studies, labels = phantoms(tmp_path / "studies", 5), tmp_path / "studies" / "labels" / "final"
    labels.mkdir(parents=True)
    masks = [phantom(number).mask for number in range(4)]
    write_picture(labels / "p0.png", masks[0])
    write_itk(labels / "p1.nii.gz", masks[1])
    _segmentation(labels / "p2.seg.nrrd", masks[2])
    # a head that is not drawn is cut by the field of view
    masks[3] = np.where(masks[3] == 1, 0, masks[3]).astype(np.uint8)
    write_picture(labels / "p3.png", masks[3])
    write_picture(labels / "p4.png", masks[3][:-1])
    with serving(studies, tmp_path / "server") as server:
        ann = Desk(browser, server.url)
        for number, mask in enumerate(masks):
            ann.open(f"p{number}")
            assert_array_equal(ann.mask, mask)
            assert (ann.text("#fh-message"), ann.text("#fh-state")) == ("", "Submitted")
            assert ann.annotated == (["BRAIN", "CSP", "LV"] if number < 3 else ["CSP", "LV"])
        assert [len(finals(server, f"p{number}")) for number in range(4)] == [1, 1, 1, 1]
        ann.page.goto(f"{server.url}/ohif/fetal?image=p4")
        expect(ann.page.locator("#fh-state")).to_have_text("Not submitted")
        why = "The label is not shown, in its place is a new prediction: submission 1 of 'p4' cannot be shown"
        expect(ann.page.locator("#fh-message")).to_contain_text(why)
        ann.leave()


def test_of_two_readers_none_begins_with_the_outlines_of_the_other(browser: Browser, tmp_path: Path) -> None:
    with serving(phantoms(tmp_path / "studies", 1), tmp_path / "server", conf={"readers": "2"}) as server:
        ann = Desk(browser, server.url)
        ann.open("p0")
        predicted = ann.mask
        theirs = predicted.copy()
        theirs[:20, :20] = 3
        hand_in(server, "p0", theirs, client_id="ben")
        ann.open("p0")
        assert_array_equal(ann.mask, predicted)
        assert ann.text("#fh-state") == "Not submitted"
        ann.button("Submit")
        expect(ann.page.locator("#fh-state")).to_have_text("Submitted")
        ann.open("p0")
        assert_array_equal(ann.mask, predicted)
        assert (ann.text("#fh-state"), len(finals(server, "p0"))) == ("Submitted", 2)
        ann.button("Load version 2")
        ann.page.wait_for_function("fetalHead.viewer.shown()[0] === 3")
        assert_array_equal(ann.mask, theirs)
        ann.leave()


def test_of_two_versions_the_one_that_was_asked_for_last_is_shown(named: Server, named_desk: Callable[[], Desk]) -> None:
    ann = named_desk()
    ann.open("p8")
    masks = [ann.mask, ann.mask]
    masks[0][:20, :20], masks[1][:20, :20] = 2, 3
    for mask in masks:
        hand_in(named, "p8", mask)
    first, last = (entry["number"] for entry in finals(named, "p8")[-2:])
    ann.open("p8")
    ann.button("Predict again")
    ann.page.wait_for_function("fetalHead.editor.steps === 1")
    let_go = ann.hold(f"**/history/p8/{first}/label")
    ann.page.get_by_role("button", name=f"Load version {first}").click()
    ann.button(f"Load version {last}")
    ann.page.wait_for_function("fetalHead.viewer.shown()[0] === 3")
    with ann.page.expect_response(f"**/history/p8/{first}/label"):
        let_go()
    ann.page.wait_for_timeout(1000)
    assert_array_equal(ann.mask, masks[1])


def _segmentation(path: Path, mask: Mask) -> None:
    """One of 3D Slicer's, with values of its own, cut to what is drawn."""
    rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    cut = mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    values = np.select([cut == 1, cut == 2, cut == 3], [THEIRS["BRAIN"], THEIRS["CSP"], THEIRS["LV"]]).astype(np.uint8)
    image = sitk.GetImageFromArray(values[np.newaxis])
    for number, (name, value) in enumerate(THEIRS.items()):
        image.SetMetaData(f"Segment{number}_Name", name)
        image.SetMetaData(f"Segment{number}_LabelValue", str(value))
        image.SetMetaData(f"Segment{number}_Layer", "0")
    image.SetMetaData("Segmentation_ReferenceImageExtentOffset", f"{columns[0]} {rows[0]} 0")
    sitk.WriteImage(image, str(path))
