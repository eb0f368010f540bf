"""How often a PACS is asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from fetal_head.pacs.worker import LONGEST_WAIT_SECONDS, Worker
from fetal_head.store.study import StudyDatastore


def test_a_worker_waits_longer_and_longer_but_not_for_ever(tmp_path: Path) -> None:
    worker = Worker("test", StudyDatastore(str(tmp_path)).store, lambda: None, every=7)
    pauses = [worker.pause(failures, took=0) for failures in range(2000)]
    assert pauses[0] == 7
    assert pauses[1:4] == [2, 4, 8]
    assert max(pauses) == LONGEST_WAIT_SECONDS
    assert [worker.pause(0, took) for took in (1, 10, 10_000)] == pytest.approx([7, 40, LONGEST_WAIT_SECONDS])
