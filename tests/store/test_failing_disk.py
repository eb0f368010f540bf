"""A disk that gives errors, or a network folder that is lost: a sentence, and everything as it was."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from fastapi import HTTPException
from masks import MASK, assert_whole, submit, tables

from fetal_head.imaging import Geometry
from fetal_head.pseudonym import pseudonym
from fetal_head.store.files.layout import Picture
from fetal_head.store.labels.drafts import encoded
from fetal_head.store.study import StudyDatastore


@pytest.mark.parametrize("number", [errno.EIO, errno.ESTALE])
def test_a_disk_that_fails_is_told_of_and_keeps_nothing_of_what_it_refused(
    study: StudyDatastore, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    submit(study, "a", 1)
    before, replace = tables(study.store), os.replace

    def fail(source: Path, target: Path) -> None:
        if str(target).endswith("0002.json"):
            raise OSError(number, os.strerror(number), str(source), None, str(target))
        replace(source, target)

    with monkeypatch.context() as patch:
        patch.setattr("os.replace", fail)
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
