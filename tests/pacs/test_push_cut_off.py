"""Labels whose way into a real Orthanc was cut off, or of which nobody knows any more how far they came."""

from __future__ import annotations

from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import requests

from bench import MOVED, Bench
from fetal_head.pacs.errors import PacsAwayError
from fetal_head.pacs.push import Pusher
from fetal_head.store.intake import scan
from fetal_head.store.labels import history
from orthanc import Orthanc
from ultrasound import PHANTOM


def test_whatever_is_cut_off_is_done_again(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    image = bench.pulled()
    bench.submit(image)
    real = bench.pacs.store
    for point in range(20):
        if point == 8:
            bench.submit(image, MOVED)
        steps = iter(range(point % 8 + 1))

        def store(objects: Any, steps: Any = steps) -> None:
            if next(steps, None) is None:
                raise PacsAwayError("before")
            real(objects)
            if next(steps, None) is None:
                raise PacsAwayError("after")

        monkeypatch.setattr(bench.pacs, "store", store)
        # a new process, which remembers nothing but the file
        try:
            Pusher(bench.pacs, bench.study.store, bench.settings).push()
        except PacsAwayError:
            continue
    ((segmentation,), (report,)) = bench.counting()
    assert segmentation.InstanceNumber == report.InstanceNumber == 2
    assert len(bench.segmentations()) == len(bench.reports()) == 2


def _cut_off(bench: Bench, monkeypatch: pytest.MonkeyPatch, after: int) -> bool:
    """Whether a process that sends labels ends with so many questions, the last of them without an answer."""
    questions, real = count(1), bench.pacs.session.send

    def send(request: Any, **options: Any) -> Any:
        answer = real(request, **options)
        if next(questions) >= after:
            raise PacsAwayError("nobody hears the answer")
        return answer

    with monkeypatch.context() as patch, suppress(PacsAwayError):
        patch.setattr(bench.pacs.session, "send", send)
        Pusher(bench.pacs, bench.study.store, bench.settings).push()
    return next(questions) > after


@pytest.mark.parametrize("replaced", ["reject", "delete"])
def test_a_label_counts_again_whenever_the_one_after_it_was_cut_off(
    orthanc: Orthanc, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, replaced: str
) -> None:
    # this one shows what it has at once
    monkeypatch.setattr("fetal_head.pacs.push.SHOWN_WITHIN_SECONDS", 0.0)
    bench = Bench(orthanc, tmp_path, pacs_replaced=replaced)
    image = bench.sent()
    for number in count(2):
        bench.submit(image, MOVED)
        is_cut = _cut_off(bench, monkeypatch, after=number - 1)
        history.set_status(bench.study.store, image, number, "rejected", "rev")
        Pusher(bench.pacs, bench.study.store, bench.settings).push()
        assert bench.numbers() == ([1], [1])
        if not is_cut:
            break
    assert number > 5


def test_a_report_names_the_one_before_wherever_its_way_was_cut_off(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    image = bench.sent()
    for number in count(2):
        _, (before,) = bench.counting()
        bench.submit(image, np.roll(PHANTOM.mask, number, axis=1))
        is_cut = _cut_off(bench, monkeypatch, after=number - 1)
        Pusher(bench.pacs, bench.study.store, bench.settings).push()
        _, (report,) = bench.counting()
        (named,) = report.PredecessorDocumentsSequence[0].ReferencedSeriesSequence[0].ReferencedSOPSequence
        assert named.ReferencedSOPInstanceUID == before.SOPInstanceUID
        if not is_cut:
            break
    assert number > 5


def test_a_report_names_no_other_that_never_reached_the_pacs(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fetal_head.pacs.push.SHOWN_WITHIN_SECONDS", 0.0)
    image = bench.sent()
    _, (first,) = bench.counting()

    def store(_: Any) -> None:
        raise PacsAwayError("the PACS does not answer")

    with monkeypatch.context() as patch:
        patch.setattr(bench.pacs, "store", store)
        for number in (2, 3):
            bench.submit(image, np.roll(PHANTOM.mask, number, axis=1))
            with pytest.raises(PacsAwayError):
                bench.pusher.push()
    bench.pusher.push()
    assert bench.numbers() == ([3], [3])
    _, (report,) = bench.counting()
    (named,) = report.PredecessorDocumentsSequence[0].ReferencedSeriesSequence[0].ReferencedSOPSequence
    assert named.ReferencedSOPInstanceUID == first.SOPInstanceUID


def test_looking_for_what_a_lost_file_knew_can_be_cut_off(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    image = bench.pulled()
    for number in count(1):
        (bench.folder / ".fetal_head" / "pacs.sqlite").unlink()
        bench.submit(image, np.roll(PHANTOM.mask, number, axis=1))
        is_cut = _cut_off(bench, monkeypatch, after=number)
        Pusher(bench.pacs, bench.study.store, bench.settings).push()
        assert bench.numbers() == ([number], [number])
        if not is_cut:
            break
    assert number > 5


def test_nothing_is_withdrawn_while_the_database_is_made_again(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.sent()
    real = scan.take_in

    def take_in(store: Any, quiet_for: float = 0.0) -> bool:
        bench.pusher.push()
        return real(store, quiet_for)

    monkeypatch.setattr(scan, "take_in", take_in)
    scan.rebuild(bench.folder, bench.study.store.settings)
    bench.pusher.push()
    assert bench.numbers() == ([1], [1])
    assert bench.orthanc.instances("KO") == []


@pytest.mark.parametrize("replaced", ["reject", "delete"])
def test_what_the_pacs_shows_late_is_withdrawn_once_it_does(
    orthanc: Orthanc, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, replaced: str
) -> None:
    monkeypatch.setattr("fetal_head.pacs.failures.FIRST_WAIT_SECONDS", 0.0)
    bench = Bench(orthanc, tmp_path, pacs_replaced=replaced)
    image = bench.sent()
    late = [made.SOPInstanceUID for found in bench.counting() for made in found]
    real = bench.pacs.session.send

    def send(request: Any, **options: Any) -> Any:
        if not any(uid in request.url for uid in late):
            return real(request, **options)
        answer = requests.Response()
        answer.status_code = 404
        return answer

    monkeypatch.setattr(bench.pacs.session, "send", send)
    bench.submit(image, MOVED)
    bench.pusher.push()
    late.clear()
    bench.pusher.push()
    assert bench.numbers() == ([2], [2])


def test_the_file_of_what_was_sent_can_be_lost(bench: Bench) -> None:
    image = bench.sent()
    (bench.folder / ".fetal_head" / "pacs.sqlite").unlink()
    bench.submit(image, MOVED)
    Pusher(bench.pacs, bench.study.store, bench.settings).push()
    ((segmentation,), (report,)) = bench.counting()
    assert segmentation.InstanceNumber == report.InstanceNumber == 2


@pytest.mark.parametrize("replaced", ["reject", "delete"])
def test_a_lost_file_of_what_was_sent_brings_nothing_back_that_was_withdrawn(
    orthanc: Orthanc, tmp_path: Path, replaced: str
) -> None:
    bench = Bench(orthanc, tmp_path, pacs_replaced=replaced)
    image = bench.pulled()
    for number, mask in enumerate((PHANTOM.mask, MOVED), start=1):
        bench.submit(image, mask)
        bench.pusher.push()
        history.set_status(bench.study.store, image, number, "rejected", "rev")
        bench.pusher.push()
    for status in ("approved", "rejected", "approved"):
        (bench.folder / ".fetal_head" / "pacs.sqlite").unlink()
        history.set_status(bench.study.store, image, 1, status, "rev")
        Pusher(bench.pacs, bench.study.store, bench.settings).push()
        segmentations, reports = bench.counting()
        assert [s.InstanceNumber for s in segmentations] == [r.InstanceNumber for r in reports] == [1] * (status == "approved")
