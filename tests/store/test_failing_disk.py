"""A disk that gives errors, or a network folder that is lost: a sentence, and everything as it was."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from fastapi import HTTPException
from masks import MASK, assert_whole, submit, tables
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from fetal_head.imaging import Geometry
from fetal_head.pseudonym import pseudonym
from fetal_head.store.errors import StoreError, had_no_room, told
from fetal_head.store.files.layout import Picture
from fetal_head.store.labels.drafts import encoded
from fetal_head.store.study import StudyDatastore


@pytest.mark.parametrize("number", [errno.EIO, errno.ESTALE])
def test_a_disk_that_fails_is_told_of_and_keeps_nothing_of_what_it_refused(
    study: StudyDatastore, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    submit(study, "a", 1)
    before, replace = tables(study.store), Path.replace

    def fail(source: Path, target: Path) -> None:
        if str(target).endswith("0002.json"):
            raise OSError(number, os.strerror(number), str(source), None, str(target))
        replace(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", fail)
        with pytest.raises(
            HTTPException, match=r"0002\.json cannot be written, the disk, or the network to it, fails"
        ) as refused:
            submit(study, "a", 2)
    assert refused.value.status_code == 503
    assert tables(study.store) == before
    assert_whole(study.store)


def test_a_prediction_that_a_disk_does_not_take_in_whatever_way_is_shown_all_the_same(
    study: StudyDatastore, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(errno.ENOTCONN, os.strerror(errno.ENOTCONN), "a.nrrd")

    monkeypatch.setattr("fetal_head.store.store.FileChanges.put", fail)
    picture = Picture.at(Path(study.get_image_uri("a")))
    study.keep_prediction(picture, encoded(MASK, Geometry(MASK.shape)), "v1")
    assert f"the prediction of the image {pseudonym('a')} was not kept: OSError: {os.strerror(errno.ENOTCONN)}" in caplog.text


@pytest.mark.parametrize(
    ("state", "said", "status", "meaning"),
    [
        (
            "53100",
            "could not extend file: No space left on device",
            507,
            "cannot grow, the disk is full: make room and try again",
        ),
        ("25006", "cannot execute INSERT in a read-only transaction", 503, "is read-only, as a standby server is"),
        ("55P03", "canceling statement due to lock timeout", 503, "was busy for too long; try again"),
    ],
)
def test_what_postgresql_says_in_any_language_is_told(postgresql: str, state: str, said: str, status: int, meaning: str) -> None:
    fail = text(f"DO $$ BEGIN RAISE EXCEPTION '{said}' USING ERRCODE = '{state}'; END $$")
    engine = create_engine(f"{postgresql}postgres")
    with engine.connect() as connection, pytest.raises(StoreError, match=meaning) as refused, told("x"):
        connection.execute(fail)
    assert refused.value.status_code == status
    assert isinstance(cause := refused.value.__cause__, DBAPIError)
    assert had_no_room(cause) is (status == 507)
