"""What a folder says of its images, to those who have no server."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from masks import MASK, submit

from fetal_head.config import StoreSettings, load_settings
from fetal_head.datasets.case import Case
from fetal_head.datasets.study import StudyWriter
from fetal_head.store import images
from fetal_head.store.intake.scan import rebuild
from fetal_head.store.said import FILE_SIZE, Told
from fetal_head.store.study import StudyDatastore
from fetal_head.store.telling import told_in
from pictures import speckle, write_picture


@pytest.fixture
def imported(tmp_path: Path) -> Path:
    """A study with a labelled image and one of which nothing is known."""
    with StudyWriter(tmp_path / "imported") as study:
        study.add(Case("a", speckle(*MASK.shape), (MASK > 0).astype("uint8"), ("BRAIN",), patient="ann", spacing=(0.1, 0.2)))
        study.add(Case("b", speckle(*MASK.shape, seed=1)))
    return tmp_path / "imported"


def test_the_index_of_a_folder_that_was_never_served(imported: Path, settings: StoreSettings) -> None:
    before = sorted(imported.rglob("*"))
    assert told_in(imported, settings) == {"a.png": Told((0.1, 0.2), "ann", ("BRAIN",)), "b.png": Told()}
    write_picture(imported / "a.png", speckle(90, 60))
    assert told_in(imported, settings)["a.png"] == Told(None, "ann", ("BRAIN",))
    assert sorted(imported.rglob("*")) == before


def test_an_index_that_tells_no_size_of_a_file_is_of_any(imported: Path, settings: StoreSettings) -> None:
    index = json.loads((imported / "datastore_v2.json").read_text())
    del index["objects"]["a"]["image"]["info"][FILE_SIZE]
    (imported / "datastore_v2.json").write_text(json.dumps(index))
    write_picture(imported / "a.png", speckle(90, 60))
    assert told_in(imported, settings)["a.png"].spacing == (0.1, 0.2)


def test_the_store_knows_what_came_after_the_index(imported: Path, settings: StoreSettings) -> None:
    study = StudyDatastore(str(imported), settings)
    study.update_image_info("a", {"spacing": [0.3, 0.4], "patient": "bob"})
    submit(study, "a", annotated=["BRAIN", "LV"])
    assert told_in(imported, settings) == {"a.png": Told((0.3, 0.4), "bob", ("BRAIN", "LV")), "b.png": Told()}
    write_picture(imported / "a.png", speckle(90, 60))
    # the label was made for the file that was there
    assert told_in(imported, settings)["a.png"] == Told(None, "bob")


def test_a_study_that_postgresql_knows_is_not_asked_without_it(imported: Path, settings: StoreSettings) -> None:
    embedded = load_settings().store
    StudyDatastore(str(imported), embedded).store.database.close()
    store = StudyDatastore(str(imported), settings).store
    if store.database.is_embedded:
        assert told_in(imported, embedded)["a.png"].spacing == (0.1, 0.2)
        return
    images.update_image_info(store, "a", {"spacing": [0.3, 0.4]})
    for use in (told_in, rebuild, lambda folder, settings: StudyDatastore(str(folder), settings)):
        with pytest.raises(ValueError, match="kept in a PostgreSQL database: name it by --conf database_url"):
            use(imported, embedded)
    assert told_in(imported, settings)["a.png"].spacing == (0.3, 0.4)
    store.layout.identity.unlink()
    rebuild(imported, embedded)
    assert told_in(imported, embedded)["a.png"].spacing == (0.3, 0.4)


@pytest.mark.parametrize("is_served", [False, True])
def test_what_was_told_of_a_file_is_not_of_another_one(imported: Path, settings: StoreSettings, is_served: bool) -> None:
    """Of one that came since, though it be as long; where no pixel size is told, none is wrong."""
    if is_served:
        StudyDatastore(str(imported), settings)
    told = told_in(imported, settings)
    for name in ("a.png", "b.png"):
        told[name].check_file(imported / name)
        os.utime(imported / name, ns=(0, 0))
    told["b.png"].check_file(imported / "b.png")
    with pytest.raises(ValueError, match=r"a\.png was replaced after its study was asked what it knows of it; try again"):
        told["a.png"].check_file(imported / "a.png")
    told_in(imported, settings)["a.png"].check_file(imported / "a.png")


def test_a_folder_that_is_no_study(tmp_path: Path, settings: StoreSettings) -> None:
    write_picture(tmp_path / "a.png", speckle(*MASK.shape))
    assert told_in(tmp_path, settings) == told_in(tmp_path / "nowhere", settings) == {}
    (tmp_path / "datastore_v2.json").write_text("{")
    with pytest.raises(ValueError, match=r"datastore_v2\.json is damaged"):
        told_in(tmp_path, settings)
