"""scripts/bench/store.py on few images."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from serving import ROOT


@pytest.mark.slow
def test_ours_and_stock_do_the_same_work(tmp_path: Path) -> None:
    to = tmp_path / "store.json"
    counts = ["--images", "50", "--operations", "5", "--stock-operations", "3"]
    subprocess.run([sys.executable, str(ROOT / "scripts/bench/store.py"), *counts, "--to", str(to)], check=True, timeout=300)
    found = json.loads(to.read_text())
    assert found["ours"].keys() - found["stock"].keys() == {"next image, hybrid"}
    assert found["stock"].keys() <= found["ours"].keys()
    assert found["stock / ours"]["submission"]["p50 ms"] > 0
