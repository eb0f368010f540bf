"""Which of MONAI Label's background tasks counts as one that runs."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from monailabel.utils.async_tasks import utils

from fetal_head.server.background import active_task


@pytest.mark.parametrize(("hours", "counts"), [(0, True), (-1, False), (1, False)])
def test_a_task_whose_process_never_started_blocks_no_other_for_long(
    monkeypatch: pytest.MonkeyPatch, hours: int, counts: bool
) -> None:
    """Upstream writes local times down, which jump where the clock is put back."""
    submitted = datetime.now() + timedelta(hours=hours)
    task = {"id": "x", "status": "SUBMITTED", "start_ts": submitted.strftime("%Y-%m-%d %H:%M:%S")}
    monkeypatch.setattr(utils, "background_tasks", {"train": [task]})
    monkeypatch.setattr(utils, "background_processes", {"train": {}})
    assert active_task("train") == (task if counts else None)
