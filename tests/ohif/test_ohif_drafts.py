"""Work that is not submitted yet comes back, to whom and where it belongs."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
import requests
from desk import Desk, phantoms
from handing_in import finals, hand_in, instance_of, label_of
from numpy.testing import assert_array_equal
from playwright.sync_api import Browser, expect

from serving import Server, free_port, serving

pytestmark = pytest.mark.slow
Sit = Callable[[], Desk]
# as when another tab keeps work on the same picture
KEPT_ELSEWHERE = """() => {
    const { place, picture } = fetalHead.editor;
    localStorage.setItem(`fetal-head draft  ${place} ${picture}`, 'of another tab');
}"""


def test_a_draft_over_a_partly_annotated_label_comes_back(named: Server, named_desk: Sit) -> None:
    ann = named_desk()
    ann.open("p0")
    predicted = ann.mask
    hand_in(named, "p0", predicted, annotated=["BRAIN", "CSP"], client_id="ben")
    ann.open("p0")
    assert (ann.text("#fh-message"), ann.text("#fh-state")) == ("", "Submitted"), "nobody drew"
    assert ann.annotated == ["BRAIN", "CSP"]
    ann.press("2")
    ann.drag((40, 40), (90, 40))
    drawn = ann.mask
    ann.open("p0")
    assert_array_equal(ann.mask, drawn)
    assert ann.text("#fh-message").startswith("Your unsent work")
    assert ann.annotated == ["BRAIN", "CSP"]
    ann.page.goto(f"{named.url}/ohif/")
    expect(ann.page.locator("#images tr", has_text="unsent work in this browser")).to_have_count(1)

    other = predicted.copy()
    other[:20, :20] = 3
    hand_in(named, "p0", other, client_id="ben")
    ann.open("p0")
    assert_array_equal(ann.mask, drawn)
    assert "began with another label, and version 3 by ben is the label now" in ann.text("#fh-message")
    ann.press("z")
    assert_array_equal(ann.mask, other)
    assert ann.annotated == ["BRAIN", "CSP", "LV"]
    expect(ann.page.locator("#fh-state")).to_have_text("Submitted")
    ann.open("p0")
    assert ann.text("#fh-message") == "", "what was taken back is no draft"
    assert ann.errors == []


def test_an_earlier_version_brings_the_structures_that_it_speaks_of(named: Server, named_desk: Sit) -> None:
    ann = named_desk()
    ann.open("p1")
    predicted = ann.mask
    hand_in(named, "p1", predicted, annotated=["BRAIN"])
    hand_in(named, "p1", predicted, annotated=["BRAIN", "CSP", "LV"], model_version="shipped")
    ann.open("p1")
    assert ann.annotated == ["BRAIN", "CSP", "LV"]
    ann.button("Load version 2")
    expect(ann.page.get_by_label("LV is")).to_have_value("unknown")
    assert ann.annotated == ["BRAIN"]
    ann.press("z")
    assert ann.annotated == ["BRAIN", "CSP", "LV"]
    ann.press("Shift+Z")
    ann.button("Submit")
    expect(ann.page.locator("#fh-state")).to_have_text("Submitted")
    assert [entry["annotated"] for entry in finals(named, "p1")] == [["BRAIN"], ["BRAIN", "CSP", "LV"], ["BRAIN"]]


def test_what_is_said_while_a_label_is_sent_is_still_to_be_sent(named: Server, named_desk: Sit) -> None:
    ann = named_desk()
    ann.open("p2")
    let_go = ann.hold("**/datastore/label?*")
    ann.press("Control+s")
    ann.page.get_by_label("LV is").select_option("unknown")
    let_go()
    expect(ann.page.get_by_role("button", name="Load version 2")).to_be_visible()
    assert ann.text("#fh-state") == "Not submitted"
    ann.button("Submit")
    expect(ann.page.locator("#fh-state")).to_have_text("Submitted")
    assert [entry["annotated"] for entry in finals(named, "p2")] == [["BRAIN", "CSP", "LV"], ["BRAIN", "CSP"]]
    for structure in ("BRAIN", "CSP"):
        ann.page.get_by_label(f"{structure} is").select_option("unknown")
    ann.button("Submit")
    expect(ann.page.locator("#fh-message")).to_contain_text("annotated names no structure")
    assert ann.text("#fh-state") == "Not submitted"


def test_a_draft_is_of_one_study_and_says_whose_it_is(browser: Browser, tmp_path: Path) -> None:
    port = free_port()
    ann = Desk(browser, f"http://127.0.0.1:{port}")
    with serving(phantoms(tmp_path / "one", 1), tmp_path / "server", port=port):
        ann.open("p0")
        ann.page.get_by_label("Your name").fill("ann")
        ann.press("3")
        ann.drag((40, 40), (90, 40))
        drawn = ann.mask
    with serving(phantoms(tmp_path / "two", 1), tmp_path / "server", port=port):
        ann.open("p0")
        assert ann.text("#fh-message") == ""
        assert (ann.mask != drawn).any()
        ann.page.goto(f"{ann.url}/ohif/")
        expect(ann.page.locator("#images tr")).to_have_count(1)
        assert "unsent" not in ann.text("#images")
    with serving(tmp_path / "one", tmp_path / "server", port=port):
        ann.page.goto(f"{ann.url}/ohif/")
        expect(ann.page.locator("#images")).to_contain_text("unsent work in this browser")
        ann.open("p0")
        assert ann.text("#fh-message").startswith("Your unsent work")
        ann.page.get_by_label("Your name").fill("ben")
        ann.press("1")
        ann.open("p0")
        assert ann.text("#fh-message").startswith("Unsent work by ann")
        assert_array_equal(ann.mask, drawn)
    ann.leave()


def test_a_draft_comes_back_when_its_image_is_another_patients_and_its_file_was_touched(named: Server, named_desk: Sit) -> None:
    ann = named_desk()
    ann.open("p9")
    ann.press("3")
    ann.drag((40, 40), (90, 40))
    drawn = ann.mask
    said = {"info": json.dumps({"patient": "Somebody"})}
    requests.put(f"{named.url}/datastore/image/info?image=p9", data=said, timeout=60).raise_for_status()
    before = instance_of(named, "p9")
    ann.page.goto(f"{named.url}/ohif/")
    row = ann.page.locator("#images tr", has=ann.page.get_by_role("link", name="p9", exact=True))
    expect(row).to_contain_text("unsent work in this browser")
    os.utime(named.studies / "p9.png")
    instance_of(named, "p9", unlike=before)
    ann.open("p9")
    assert ann.text("#fh-message").startswith("Your unsent work")
    assert_array_equal(ann.mask, drawn)
    ann.button("Submit")
    expect(ann.page.locator("#fh-state")).to_have_text("Submitted")
    assert_array_equal(label_of(named, "p9"), drawn)
    assert ann.errors == []


def test_work_that_nobody_keeps_is_left_only_by_whoever_did_it(named_desk: Sit) -> None:
    ann = named_desk()
    image = ann.open("p7")
    ann.page.evaluate(KEPT_ELSEWHERE)
    ann.press("3")
    ann.drag((40, 40), (90, 40))
    drawn = ann.mask
    expect(ann.page.locator("#fh-message")).to_contain_text("Your work is not kept")
    for leave in (lambda: ann.press("n"), lambda: ann.button("Skip")):
        with ann.page.expect_event("dialog") as asked:
            ann.page.once("dialog", lambda dialog: dialog.dismiss())
            leave()
        assert "neither submitted nor kept" in asked.value.message
        assert_array_equal(ann.mask, drawn)
    assert ann.page.evaluate("fetalHead.image") == image
    ann.page.once("dialog", lambda dialog: dialog.accept())
    ann.press("n")
    assert ann.settled(image) != image


def test_work_that_nobody_keeps_and_that_is_done_while_the_next_image_is_chosen_is_not_left_either(named_desk: Sit) -> None:
    ann = named_desk()
    image = ann.open("p6")
    let_go = ann.hold("**/activelearning/**")
    ann.press("n")
    ann.page.evaluate(KEPT_ELSEWHERE)
    ann.press("3")
    ann.drag((40, 40), (90, 40))
    drawn = ann.mask
    with ann.page.expect_event("dialog", timeout=20_000) as asked:
        ann.page.once("dialog", lambda dialog: dialog.dismiss())
        let_go()
    assert "neither submitted nor kept" in asked.value.message
    assert ann.page.evaluate("fetalHead.image") == image
    assert_array_equal(ann.mask, drawn)


def test_unsent_work_does_not_hide_why_its_label_was_rejected_and_its_image_flagged(named: Server, named_desk: Sit) -> None:
    ann = named_desk()
    ann.open("p16")
    ann.button("Submit")
    expect(ann.page.locator("#fh-state")).to_have_text("Submitted")
    ann.press("3")
    ann.drag((40, 40), (90, 40))
    number = finals(named, "p16")[-1]["number"]
    for path, said in (
        (f"history/p16/{number}/status", {"status": "rejected", "comment": "the CSP is too large"}),
        ("worklist/p16/flag", {"comment": "twins"}),
    ):
        requests.post(f"{named.url}/{path}", json=said, timeout=60).raise_for_status()
    ann.open("p16")
    message = ann.text("#fh-message")
    assert message.startswith("Your unsent work")
    assert "It began with another label, which is none any more: Undo shows what the server has." in message
    assert "was rejected: the CSP is too large. It is among the earlier versions" in message
    assert message.endswith("Flagged: twins")
    ann.button("Flag")
    expect(ann.page.locator("#fh-message")).to_have_text("The flag is taken away.")
    ann.button("Submit")
    expect(ann.page.locator("#fh-state")).to_have_text("Submitted")


def test_who_takes_a_rejection_back_does_not_lose_the_label_to_the_prediction_on_the_screen(
    named: Server, named_desk: Sit
) -> None:
    ann = named_desk()
    ann.open("p36")
    ann.press("3")
    ann.drag((40, 40), (90, 40))
    ann.button("Submit")
    ann.button("Reject version 2")
    expect(ann.page.locator("#fh-state")).to_have_text("Not submitted")
    assert not ann.page.evaluate("fetalHead.isAtRisk"), "the server keeps what it rejects"
    ann.open("p36")
    asked: list[str] = []
    ann.page.on("dialog", lambda dialog: (asked.append(dialog.message), dialog.dismiss()))
    ann.button("Approve version 2")
    expect(ann.page.locator("#fh-message")).to_have_text("Version 2 of p36 is approved.")
    ann.button("Submit")
    expect(ann.page.locator("#fh-message")).to_contain_text("became the label")
    assert len(asked) == 1
    assert [(entry["status"], entry["current"]) for entry in finals(named, "p36")] == [("approved", True)]
    assert ann.errors == []


def test_whoever_opens_an_image_is_told_that_its_last_label_was_rejected(named: Server, named_desk: Sit) -> None:
    ann = named_desk()
    ann.open("p37")
    predicted = ann.mask
    for who in ("ann", "ben"):
        hand_in(named, "p37", predicted, client_id=who)
    verdict = {"status": "rejected", "comment": "too wide"}
    requests.post(f"{named.url}/history/p37/3/status", json=verdict, timeout=60).raise_for_status()
    ann.open("p37")
    assert ann.text("#fh-state") == "Submitted"
    told = "Version 3 by ben was rejected: too wide. It is among the earlier versions; version 2 is the label again."
    assert ann.text("#fh-message") == told
    hand_in(named, "p37", predicted, client_id="ben", annotated=["BRAIN"])
    ann.open("p37")
    assert ann.text("#fh-message") == ""
    assert ann.errors == []
