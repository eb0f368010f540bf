"""`fetal-head train` as it is started: in several processes, and where no checkout is."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from command import Run

import fetal_head
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
    assert (done.stderr.count(" s left\n"), done.stderr.count("; it is compared with the served model\n")) == (2, 1)
    assert done.stderr.count("left out phantom-0-00003") == 1
    assert json.loads(next(line for line in done.stdout.splitlines() if line.startswith("{")))["version"] == "v0001"


def test_without_a_patient_to_judge_by_an_epoch_tells_its_loss_alone(run: Run, tmp_path: Path) -> None:
    write_phantoms(tmp_path / "study", 1, 1)
    conf = [part for key, value in {**SMALL, "max_epochs": "1"}.items() for part in ("--conf", key, value)]
    done = run("train", "--studies", tmp_path / "study", "--init", "scratch", *conf)
    assert re.search(r"^epoch 1/1: loss [^;]+; it is compared with the served model$", done.stderr, re.MULTILINE), done.stderr


@pytest.mark.parametrize(
    "arguments", [("train", "--studies", "study"), ("models", "publish", "shipped"), ("models", "rollback")], ids=" ".join
)
def test_where_no_checkout_is_it_asks_for_the_folder_whose_models_are_served(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    write_phantoms(tmp_path / "study", 2, 0)
    installed = tmp_path / "lib" / "python" / "site-packages"
    shutil.copytree(Path(fetal_head.__file__).parent, installed / "fetal_head", ignore=shutil.ignore_patterns("__pycache__"))
    command = [sys.executable, "-c", "from fetal_head.cli import main; main()", *arguments]
    environment = {key: value for key, value in os.environ.items() if key != "FETAL_HEAD_APP"}
    done = subprocess.run(
        command,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**environment, "PYTHONPATH": str(installed)},
    )
    assert done.returncode == 1
    assert "name the one that your server is started with, by --app" in done.stderr
    assert not list((tmp_path / "lib").rglob("apps"))
