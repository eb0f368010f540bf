"""An index that cannot be read, such as a folder of its name, is told of in a sentence, and stops no study that is known."""

from __future__ import annotations

from pathlib import Path

import pytest
from masks import submit

from fetal_head.config import StoreSettings
from fetal_head.datasets.study import StudyWriter
from fetal_head.store.recovery.checking import check
from fetal_head.store.study import StudyDatastore

TOLD = r"datastore_v2\.json cannot be read \(Is a directory\): put back a whole one; or move it away"


def test_a_folder_in_the_place_of_the_index_stops_the_first_start_alone(folder: Path, settings: StoreSettings) -> None:
    index = folder / "datastore_v2.json"
    index.mkdir()
    with pytest.raises(ValueError, match=TOLD):
        StudyDatastore(str(folder), settings)
    index.rmdir()
    study = StudyDatastore(str(folder), settings)
    submit(study, "a", 1)
    index.mkdir()
    again = StudyDatastore(str(folder), settings)
    assert again.get_labeled_images() == ["a"]
    (sentence,) = check(again.store)
    assert "cannot be read (Is a directory)" in sentence


def test_an_import_says_that_a_folder_lies_in_the_place_of_the_index(tmp_path: Path) -> None:
    (tmp_path / "datastore_v2.json").mkdir()
    with pytest.raises(ValueError, match=r"datastore_v2\.json is damaged: a folder lies there; move it away"):
        StudyWriter(tmp_path).__enter__()
