"""What several tests stand on."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

from serving import ROOT

# how long an example takes says how busy the machine is
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real images; tests that need it are skipped, saying so, where it is absent."""
    folder = Path(os.environ.get("FETAL_HEAD_DATA", ROOT.parent / "shared" / "data"))
    if not (folder / "biometry_tv" / "images").is_dir() or not (folder / "hc18").is_dir():
        pytest.skip(f"no real images at {folder}; set FETAL_HEAD_DATA to the folder that holds biometry_tv/ and hc18/")
    return folder
