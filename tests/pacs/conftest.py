"""A real PACS for the tests, and images in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bench import Bench
from orthanc import Orthanc, program, running


@pytest.fixture(scope="session")
def installed() -> None:
    """Skips where there is no Orthanc."""
    if program() is None:
        pytest.skip("Orthanc is not installed (Debian: apt-get install orthanc orthanc-dicomweb)")


@pytest.fixture(scope="session")
def shared(installed: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Orthanc]:
    """One for many tests: it takes seconds to end."""
    with running(tmp_path_factory.mktemp("orthanc")) as found:
        yield found


@pytest.fixture
def orthanc(shared: Orthanc) -> Orthanc:
    """An empty one."""
    for patient in shared.ask("/patients").json():
        shared.ask(f"/patients/{patient}", "DELETE")
    return shared


@pytest.fixture
def bench(orthanc: Orthanc, tmp_path: Path) -> Bench:
    return Bench(orthanc, tmp_path)
