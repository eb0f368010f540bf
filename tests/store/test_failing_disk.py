"""A disk that gives errors, or a network folder that is lost: a sentence, and everything as it was."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from fastapi import HTTPException
from masks import assert_whole, submit, tables

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
