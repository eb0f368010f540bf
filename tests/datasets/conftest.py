from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def real_data() -> Path:
    folder = Path(os.environ.get("FETAL_HEAD_DATA", ROOT / "../shared/data"))
    if not (folder / "hc18").is_dir():
        pytest.skip(f"needs the development data in {folder}; FETAL_HEAD_DATA names another folder")
    return folder
