"""The same tests on both databases."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from masks import MASK
from sqlalchemy import create_engine, text

from fetal_head.config import StoreSettings
from fetal_head.store.study import StudyDatastore
from pictures import speckle, write_dicom, write_picture
from postgresql import cluster, programs

_numbers = count()


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The start of the URLs of a PostgreSQL server's databases."""
    found = programs()
    if found is None:
        pytest.skip("PostgreSQL is not installed (Debian: apt-get install postgresql)")
    with cluster(found) as url:
        yield url


@pytest.fixture(params=["embedded", "postgresql"])
def settings(request: pytest.FixtureRequest) -> StoreSettings:
    """Settings with an empty database."""
    if request.param == "embedded":
        return StoreSettings(database_url="embedded", lease_minutes=30, readers=1)
    server, name = request.getfixturevalue("postgresql"), f"study{next(_numbers)}"
    with create_engine(f"{server}postgres", isolation_level="AUTOCOMMIT").connect() as connection:
        connection.execute(text(f"CREATE SCHEMA {name}"))
    # a schema of its own is as good as a database, and made and cleared away in no time
    return StoreSettings(database_url=f"{server}postgres?options=-csearch_path%3D{name}", lease_minutes=30, readers=1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of three images, that nobody is just writing."""
    folder = tmp_path / "study"
    folder.mkdir()
    for number, name in enumerate("abc"):
        os.utime(write_picture(folder / f"{name}.png", speckle(*MASK.shape, seed=number)), (1_000_000_000, 1_000_000_000))
    return folder


@pytest.fixture
def study(folder: Path, settings: StoreSettings) -> StudyDatastore:
    """The folder, opened."""
    return StudyDatastore(str(folder), settings)


@pytest.fixture
def other(tmp_path: Path) -> Path:
    """Another picture of the same size."""
    return write_picture(tmp_path / "other.png", speckle(*MASK.shape, seed=9))


@pytest.fixture
def store(tmp_path: Path, settings: StoreSettings) -> StudyDatastore:
    """Another one, of images of several kinds and a file that is none."""
    folder = tmp_path / "study"
    folder.mkdir()
    write_picture(folder / "a.png", speckle(60, 90))
    write_picture(folder / "B.JPG", speckle(60, 90), format="JPEG")
    write_dicom(folder / "c.dcm", speckle(60, 90), spacing=(0.2, 0.3))
    (folder / "notes.txt").write_text("not an image")
    return StudyDatastore(str(folder), settings)
