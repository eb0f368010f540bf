"""What is asked of the model stays on this machine."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

# by these ONNX Runtime knows that nobody uses it, and keeps still
TESTING = ("CI", "ORT_DISABLE_TELEMETRY", "ORT_RUNNING_UNIT_TESTS")
SCRIPT = """
import numpy as np
from fetal_head.config import load_settings
from fetal_head.model.registry import SHIPPED
from fetal_head.model.segmenter import load_segmenter

load_segmenter(SHIPPED, load_settings().model, "v0001").predict(np.eye(64, dtype=np.float32))
"""


def test_onnx_runtime_keeps_nothing_to_send(tmp_path: Path) -> None:
    """It would write down a number for this machine and what it was asked, on its way to its maker."""
    environment = {name: value for name, value in os.environ.items() if name not in TESTING and not name.endswith("_CI")}
    places = {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / ".cache")}
    subprocess.run([sys.executable, "-c", SCRIPT], check=True, env={**environment, **places})
    assert not list(tmp_path.rglob("*onnxruntime*"))
