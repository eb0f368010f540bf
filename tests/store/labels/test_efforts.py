"""What people changed of what was predicted, by the version that predicted it."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import numpy as np
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from masks import MASK, mask_of, submit

from fetal_head.config import StoreSettings
from fetal_head.imaging import Geometry, Mask
from fetal_head.imaging.limits import check_file
from fetal_head.server.routes.effort import effort_routes
from fetal_head.store.files.layout import Picture
from fetal_head.store.intake.scan import rebuild
from fetal_head.store.labels.drafts import encoded
from fetal_head.store.labels.effort import effort_of, efforts, measure_efforts
from fetal_head.store.labels.history import restore, set_status
from fetal_head.store.study import StudyDatastore


def _predict(study: StudyDatastore, image: str, mask: Mask, version: str) -> None:
    study.keep_prediction(Picture.at(Path(study.get_image_uri(image))), encoded(mask, Geometry(mask.shape)), version)


def test_effort_by_version(study: StudyDatastore) -> None:
    submit(study, "c")
    assert measure_efforts(study.store) == 0, "nothing was predicted for it"
    _predict(study, "a", mask_of(0), "v0001")
    submit(study, "a")
    _predict(study, "b", MASK, "v0002")
    submit(study, "b", number=5)
    assert measure_efforts(study.store) == 2
    assert measure_efforts(study.store) == 0, "masks never change"
    accepted, corrected = efforts(study.store)
    assert (accepted.model, accepted.labels, accepted.accepted, accepted.apl) == ("v0001", 1, 1.0, 0)
    assert [found.dice for found in accepted.structures.values()] == [1, 1, 1]
    assert (corrected.model, corrected.labels, corrected.accepted) == ("v0002", 1, 0.0)
    # mask_of(5) adds a line of 6 pixels and one of a single pixel of LV, which belong to the head as well
    assert (corrected.apl, corrected.changed) == (14, 14)
    assert (corrected.structures["CSP"].dice, corrected.structures["CSP"].changed) == (1, 0)
    lv = corrected.structures["LV"]
    assert (lv.labels, lv.n, lv.apl, lv.changed) == (1, 1, 7, 7)
    assert lv.dice is not None
    assert 0.9 < lv.dice < 1
    measured = effort_of(study.store, "b", 2)
    assert measured is not None
    assert measured["LV"] == {"dice": pytest.approx(lv.dice), "apl": 7, "changed": 7}
    assert effort_of(study.store, "c", 1) is None, "nothing was predicted for it"


def test_only_the_last_standing_label_of_each_person_counts(study: StudyDatastore) -> None:
    _predict(study, "a", MASK, "v0001")
    submit(study, "a", number=5)
    submit(study, "a", number=3)
    measure_efforts(study.store)
    (found,) = efforts(study.store)
    assert (found.labels, found.changed) == (1, 2 * (4 + 1))
    set_status(study.store, "a", 3, "rejected", "rev")
    measure_efforts(study.store)
    (found,) = efforts(study.store)
    assert (found.labels, found.changed) == (1, 14)
    restore(study.store, "a", 3, "ben")
    measure_efforts(study.store)
    (found,) = efforts(study.store)
    assert (found.labels, found.changed) == (1, 2 * (4 + 1)), "what is restored is that person's last label again"


def test_a_label_that_could_not_be_read_for_a_moment_is_measured_later(
    study: StudyDatastore, monkeypatch: pytest.MonkeyPatch
) -> None:
    _predict(study, "a", MASK, "v0001")
    submit(study, "a", number=5)

    def fail(path: Path) -> None:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE), str(path))

    with monkeypatch.context() as patch:
        patch.setattr("fetal_head.imaging.mask_reader.check_file", fail)
        assert measure_efforts(study.store) == 0
    assert measure_efforts(study.store) == 1
    (found,) = efforts(study.store)
    assert (found.labels, found.changed) == (1, 14)


def test_labels_that_cannot_be_read_for_long_hold_up_no_others(study: StudyDatastore, monkeypatch: pytest.MonkeyPatch) -> None:
    for image in "ab":
        _predict(study, image, MASK, "v0001")
        submit(study, image, number=5)

    def check(path: Path) -> None:
        if path.parent.name == "a":
            raise OSError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        check_file(path)

    monkeypatch.setattr("fetal_head.imaging.mask_reader.check_file", check)
    # drawn by lot: of a hundred times one is enough
    assert sum(measure_efforts(study.store, 1) for _ in range(100)) == 1


def test_a_structure_that_nobody_annotated_is_not_compared(study: StudyDatastore) -> None:
    _predict(study, "a", MASK, "v0001")
    submit(study, "a", annotated=["BRAIN", "CSP"])
    measure_efforts(study.store)
    (found,) = efforts(study.store)
    assert list(found.structures) == ["BRAIN", "CSP"]


def test_a_label_is_measured_again_when_it_speaks_of_other_structures(study: StudyDatastore) -> None:
    _predict(study, "a", MASK, "v0001")
    submit(study, "a", number=5)
    measure_efforts(study.store)
    study.update_label_info("a", "final", {"annotated": ["BRAIN", "CSP"]})

    def meanwhile() -> None:
        study.update_label_info("a", "final", {"annotated": ["CSP", "LV"]})

    assert measure_efforts(study.store, wait=meanwhile) == 1
    assert efforts(study.store) == [], "what it speaks of now is not measured yet"
    assert measure_efforts(study.store) == 1
    (found,) = efforts(study.store)
    assert list(found.structures) == ["CSP", "LV"]
    study.update_label_info("a", "final", {"reader": "ben"})
    assert measure_efforts(study.store) == 0, "nothing changed"


def test_masks_that_cannot_be_compared_are_left_out(study: StudyDatastore) -> None:
    _predict(study, "a", np.ascontiguousarray(MASK[:-2]), "v0001")
    submit(study, "a")
    assert measure_efforts(study.store) == 1
    assert measure_efforts(study.store) == 0
    assert efforts(study.store) == []


def test_a_prediction_that_was_lost_holds_up_nothing(study: StudyDatastore, folder: Path, settings: StoreSettings) -> None:
    for image in "ab":
        _predict(study, image, mask_of(0), "v0001")
        submit(study, image)
    study.store.layout.kept("a", 1, ".nrrd").unlink()
    rebuild(folder, settings)
    assert measure_efforts(study.store) == 2
    assert measure_efforts(study.store) == 0
    assert [version.labels for version in efforts(study.store)] == [1]


def test_over_http(study: StudyDatastore) -> None:
    class App:
        def datastore(self) -> StudyDatastore:
            return study

    _predict(study, "a", MASK, "v0001")
    submit(study, "a", number=5)
    measure_efforts(study.store)
    server = FastAPI()
    server.state.login = None
    server.include_router(effort_routes(App()))
    client = TestClient(server)
    (found,) = client.get("/effort").json()
    assert client.get("/history/effort").json() == [found]
    assert (found["model"], found["labels"], found["apl"], found["accepted"]) == ("v0001", 1, 14, 0)
    assert found["structures"]["CSP"]["dice"] == pytest.approx(1)
    assert client.get("/history/a/2/effort").json()["CSP"] == {"dice": 1, "apl": 0, "changed": 0}
    assert client.get("/history/a/1/effort").json() is None, "a prediction has none"
    study.add_image("effort", study.get_image_uri("a"), {})
    submit(study, "effort")
    (told,) = client.get("/history/effort").json()
    assert told["number"] == 1, "an image may be called so"
    assert client.get("/effort").json() == [found]
