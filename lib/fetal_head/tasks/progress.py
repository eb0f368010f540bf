"""How far a training is, told by its own process to all others."""

from __future__ import annotations

import json
import math
import os
from datetime import datetime
from pathlib import Path
from typing import Any

from fetal_head.files import write_text
from fetal_head.learning.running import running
from fetal_head.server.background import active_task


class Progress:
    """What a training in a folder of models tells of itself, with its process and its start, so that it is no other's."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file = folder / "train_stats.json"
        self._since = _now()

    def write(self, stats: dict[str, Any]) -> None:
        """Replaces what was told; called in the process that trains, as it begins, meanwhile and after.

        The loss of a training that fails is no number, which JSON cannot tell: None stands for it.
        """
        now = running(self._folder)
        if now is not None and now.pid == os.getpid() and now.started:
            self._since = now.started
        write_text(self._file, json.dumps({**_finite(stats), "pid": os.getpid(), "start_ts": self._since}))

    def read(self) -> dict[str, Any]:
        """What the running training has told, or the last one when none runs; empty as long as that has told nothing."""
        try:
            told = dict(json.loads(self._file.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return {}
        now = running(self._folder)
        if now is not None:
            return told if (told.get("pid"), told.get("start_ts")) == (now.pid, now.started) else {}
        begun = active_task("train")
        # it starts or ends at this moment: an earlier one has an earlier start
        return told if begun is None or told.get("start_ts", "") >= begun["start_ts"] else {}


def _finite(told: Any) -> Any:
    if isinstance(told, dict):
        return {key: _finite(value) for key, value in told.items()}
    return None if isinstance(told, float) and not math.isfinite(told) else told


def _now() -> str:
    return datetime.now().isoformat(sep=" ", timespec="seconds")
