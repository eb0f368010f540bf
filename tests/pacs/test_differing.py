"""What changes in a study folder at a bad moment, and what a real Orthanc is told of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import pytest

from bench import Bench, stored
from fetal_head.store import history


@pytest.mark.parametrize("status", ["rejected", "approved"])
def test_a_label_that_is_another_for_a_moment_while_others_are_sent(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: Literal["rejected", "approved"]
) -> None:
    uids = stored(bench.orthanc, tmp_path)
    bench.puller.pull()
    first, second = sorted((uids["grey"], uids["rgb"]))
    bench.submit(first)
    bench.submit(second)
    real = bench.pacs.store

    def store(objects: Any) -> None:
        real(objects)
        history.set_status(bench.study.store, second, 1, status, "rev")

    with monkeypatch.context() as patch:
        patch.setattr(bench.pacs, "store", store)
        bench.pusher.push()
    history.set_status(bench.study.store, second, 1, "submitted", "rev")
    bench.pusher.push()
    assert bench.numbers() == ([1, 1], [1, 1])
    assert [report.PreliminaryFlag for report in bench.reports()] == ["PRELIMINARY"] * 2
