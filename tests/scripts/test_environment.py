"""`scripts/environment` on a machine that lacks something."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """What of a checkout an environment is made from."""
    for name in ("scripts/environment", "pyproject.toml", "constraints.txt", "tests/ohif/package-lock.json"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def _run(checkout: Path, python: str) -> subprocess.CompletedProcess[str]:
    (checkout / "python").write_text(f"#!/bin/sh\n{python}\n")
    (checkout / "python").chmod(0o755)
    # the other names of a Python, which `python_of_choice` tries after this one, are not to be found
    folder = checkout / "bin"
    folder.mkdir(exist_ok=True)
    for name in ("bash", "sh", "cat", "chmod", "cmp", "cut", "dirname", "mkdir", "mv", "rm", "sha256sum"):
        if not (folder / name).exists():
            (folder / name).symlink_to(str(shutil.which(name)))
    environment = {"PATH": str(folder), "PYTHON": "./python"}
    return subprocess.run([checkout / "scripts" / "environment"], env=environment, capture_output=True, text=True, check=False)


def test_without_a_python_it_says_so_and_leaves_nothing(checkout: Path) -> None:
    done = _run(checkout, "exit 1")
    assert done.returncode == 1
    assert "Python 3.10, 3.11 or 3.12 is needed" in done.stderr
    assert len([line for line in done.stderr.splitlines() if line]) == 1, done.stderr
    assert not list(checkout.glob(".stamp-*"))


def test_an_environment_without_pip_is_made_again(checkout: Path) -> None:
    half = r'mkdir -p .venv/bin; printf "#!/bin/sh\nexit 1\n" >.venv/bin/python; chmod +x .venv/bin/python'
    for _ in range(2):
        assert _run(checkout, f'case "$*" in *venv*) echo >>made; {half};; esac').returncode == 1
    assert (checkout / "made").read_text() == "\n\n"
    assert not list(checkout.glob(".stamp-*"))
