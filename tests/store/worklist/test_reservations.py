"""An image is given to one person at a time."""

from __future__ import annotations

import multiprocessing
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from masks import MASK, images_for, next_image, submit

from fetal_head.config import StoreSettings
from fetal_head.server.routes.biometry import biometry_routes
from fetal_head.store.dicom.instances import Instances
from fetal_head.store.errors import StoreError
from fetal_head.store.labels.history import entries
from fetal_head.store.study import StudyDatastore
from fetal_head.store.worklist.pools import Pools
from fetal_head.store.worklist.reservations import renew, reserve
from fetal_head.store.worklist.set_aside import flag, skip
from fetal_head.tasks.strategies import suggestions
from pictures import speckle, write_itk, write_picture


def _with(settings: StoreSettings, **changes: object) -> StoreSettings:
    return StoreSettings.model_validate({**settings.model_dump(), **changes})


def test_nobody_gets_what_somebody_else_has(study: StudyDatastore) -> None:
    assert next_image(study, "ann") == "a"
    assert next_image(study, "ben") == "b"
    assert next_image(study, "ann") == "a", "it is still hers"
    assert next_image(study, "cem") == "c"
    assert next_image(study, "dan") is None
    submit(study, "a", who="ann")
    assert next_image(study, "ann") is None, "what is done is done, and the rest is taken"


def test_the_first_free_candidate_is_given(study: StudyDatastore) -> None:
    assert reserve(study.store, "ann", ["c", "a"]) == "c"
    assert reserve(study.store, "ben", ["c", "a"]) == "a"
    assert reserve(study.store, "cem", ["c", "a"]) is None
    assert reserve(study.store, "cem", ["nobody"]) is None


def test_a_candidate_that_was_set_aside_meanwhile_is_not_given(study: StudyDatastore) -> None:
    candidates = images_for(Pools(study.store), "ann")
    flag(study.store, "a", "rita", "no head")
    skip(study.store, "b", "ann")
    assert reserve(study.store, "ann", candidates) == "c"
    assert reserve(study.store, "ben", candidates) == "b"
    assert reserve(study.store, "cem", candidates) is None


def test_a_lease_ends_unless_its_holder_does_something(study: StudyDatastore, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1_000_000.0
    monkeypatch.setattr("fetal_head.store.worklist.reservations.time.time", lambda: now)
    assert next_image(study, "ann") == "a"
    now += 20 * 60
    renew(study.store, "ann")
    now += 20 * 60
    assert next_image(study, "ben") == "b"
    now += 31 * 60
    assert next_image(study, "cem") == "a"


@pytest.mark.parametrize("seconds", [5, 86400])
def test_a_clock_that_is_set_back_takes_no_image_away_and_makes_no_lease_longer(
    study: StudyDatastore, monkeypatch: pytest.MonkeyPatch, seconds: int
) -> None:
    now = 1_000_000.0
    monkeypatch.setattr("fetal_head.store.worklist.reservations.time.time", lambda: now)
    assert [next_image(study, who) for who in ("ann", "ben")] == ["a", "b"]
    now -= seconds
    assert [next_image(study, who) for who in ("cem", "ben")] == ["c", "b"], "ann still works on a"
    now -= seconds
    assert suggestions(Pools(study.store))["first"]({"client_id": "dan"}, study) == {}
    now += 31 * 60
    assert [next_image(study, who) for who in ("dan", "eli", "fay")] == ["a", "b", "c"]


def test_who_holds_an_image_keeps_it_when_the_server_starts_with_shorter_leases(folder: Path, settings: StoreSettings) -> None:
    assert next_image(StudyDatastore(str(folder), settings), "ann") == "a"
    again = StudyDatastore(str(folder), _with(settings, lease_minutes=5))
    assert next_image(again, "ben") == "b"
    assert next_image(again, "ann") == "a"


def test_whoever_draws_or_submits_keeps_what_he_holds(
    study: StudyDatastore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1_000_000.0
    monkeypatch.setattr("fetal_head.store.worklist.reservations.time.time", lambda: now)
    assert next_image(study, "ann") == "a"
    application = FastAPI()
    application.state.login = None
    app = SimpleNamespace(datastore=lambda: study)
    application.include_router(biometry_routes(app, Instances(study.store, named=False)))
    mask = write_itk(tmp_path / "mask.nrrd", MASK).read_bytes()
    now += 20 * 60
    files, said = {"label": ("mask.nrrd", mask)}, {"client_id": "ann"}
    assert TestClient(application).post("/biometry?image=a", files=files, data=said).status_code == 200
    now += 20 * 60
    submit(study, "c", who="ann")
    now += 20 * 60
    assert next_image(study, "ben") == "b", "a is still hers"
    now += 20 * 60
    assert next_image(study, "cem") == "a"


def test_whoever_draws_goes_on_when_his_lease_cannot_be_renewed(
    study: StudyDatastore, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("fetal_head.store.sql.database.BUSY_SECONDS", 1)
    assert next_image(study, "ann") == "a"
    now = time.time() + 20 * 60
    monkeypatch.setattr("fetal_head.store.worklist.reservations.time.time", lambda: now)
    again = StudyDatastore(str(study.store.layout.folder), study.store.settings)
    with study.store.writing():
        renew(again.store, "ann")
    assert "a lease was not renewed: the database" in caplog.text
    renew(again.store, "ann")
    now += 20 * 60
    assert next_image(study, "ben") == "b"


def test_a_label_whose_annotator_is_told_that_it_was_not_kept_is_not_kept(
    study: StudyDatastore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise StoreError(507, "the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr("fetal_head.store.study.renew", full)
        with pytest.raises(StoreError, match="full"):
            submit(study, "a", who="ann")
    assert entries(study.store, "a") == []


def test_people_without_a_name_get_another_image_as_long_as_there_is_one(study: StudyDatastore) -> None:
    assert [next_image(study, "") for _ in range(3)] == ["a", "b", "c"]
    assert next_image(study, "ann") is None
    assert next_image(study, "") == "a", "nothing else is left"


def test_two_readers_each(folder: Path, settings: StoreSettings) -> None:
    study = StudyDatastore(str(folder), _with(settings, readers=2))
    assert next_image(study, "ann") == "a"
    assert next_image(study, "ben") == "a"
    assert next_image(study, "cem") == "b"
    submit(study, "a", who="ann")
    assert next_image(study, "ann") == "b"
    submit(study, "a", who="ben")
    submit(study, "b", who="cem")
    assert next_image(study, "dan") == "c", "b has one reader and is hers who holds it"
    assert images_for(Pools(study.store), "dan") == ["c"]


def _take(folder: Path, settings: StoreSettings, who: str, taken: multiprocessing.Queue[str]) -> None:
    study = StudyDatastore(str(folder), settings)
    while image := next_image(study, who):
        taken.put(image)
        submit(study, image, who=who)


def test_processes_that_ask_at_once_share_the_work(folder: Path, settings: StoreSettings) -> None:
    for number in range(20):
        write_picture(folder / f"n{number}.png", speckle(*MASK.shape, seed=number))
    context = multiprocessing.get_context("fork")
    taken: multiprocessing.Queue[str] = context.Queue()
    workers = [context.Process(target=_take, args=(folder, settings, who, taken)) for who in ("ann", "ben", "cem")]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
        assert worker.exitcode == 0
    images = [taken.get(timeout=60) for _ in range(23)]
    assert len(set(images)) == 23, "an image was given to two people"
    assert StudyDatastore(str(folder), settings).status()["completed"] == 23
