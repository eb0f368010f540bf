"""`fetal-head train` in several processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from fetal_head.datasets.phantoms import write_phantoms
from small_labels import SMALL


def test_under_torchrun_the_first_process_speaks_for_all(tmp_path: Path) -> None:
    study = tmp_path / "study"
    write_phantoms(study, 4, 0)
    (study / "labels" / "final" / "phantom-0-00003.nrrd").write_bytes(b"torn")
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "--no-python"]
    train = [
        Path(sys.executable).with_name("fetal-head"),
        "train",
        "--studies",
        study,
        "--app",
        tmp_path / "app",
        "--init",
        "scratch",
    ]
    conf = [part for key, value in SMALL.items() for part in ("--conf", key, value)]
    done = subprocess.run(
        [*torchrun, *train, *conf, "--json"],
        capture_output=True,
        text=True,
        timeout=300,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert [done.stderr.count(f"epoch {number}/3") for number in (1, 2, 3)] == [1, 1, 1]
    assert done.stderr.count("left out phantom-0-00003") == 1
    assert json.loads(next(line for line in done.stdout.splitlines() if line.startswith("{")))["version"] == "v0001"
