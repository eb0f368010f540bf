"""What there is to do, and what is set aside."""

from __future__ import annotations

import unicodedata
from pathlib import Path
from types import SimpleNamespace

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from masks import MASK, next_image, submit, tables

from fetal_head.config import StoreSettings
from fetal_head.imaging import Geometry
from fetal_head.server.routes.worklist import worklist_routes
from fetal_head.store.dicom.instances import Instances
from fetal_head.store.errors import StoreError
from fetal_head.store.files.layout import Picture
from fetal_head.store.intake.scan import rebuild
from fetal_head.store.labels.drafts import encoded
from fetal_head.store.labels.effort import measure_efforts
from fetal_head.store.labels.history import set_status
from fetal_head.store.study import StudyDatastore
from fetal_head.store.worklist.page import work, worklist
from fetal_head.store.worklist.reservations import reserve
from fetal_head.store.worklist.scores import unscored, write_scores
from fetal_head.store.worklist.set_aside import flag, skip
from pictures import speckle, write_picture


def _ids(study: StudyDatastore, **asked: object) -> list[str]:
    return [image["id"] for image in worklist(study.store, **asked).images]  # type: ignore[arg-type]


def test_every_image_has_its_status(study: StudyDatastore) -> None:
    assert [(i["id"], i["status"], i["who"]) for i in worklist(study.store).images] == [(i, "open", None) for i in "abc"]
    reserve(study.store, "ben", ["b"])
    assert work(study.store, "b", "ann")["held_by"] == "ben"
    study.keep_prediction(Picture.at(Path(study.get_image_uri("a"))), encoded(MASK, Geometry(MASK.shape)), "v0001")
    submit(study, "a", number=5)
    measure_efforts(study.store)
    found = work(study.store, "a", "ann")
    assert (found["status"], found["who"], found["number"], found["model"]) == ("submitted", "ann", 2, "v0001")
    assert 0.9 < found["dice"] < 1
    set_status(study.store, "a", 2, "rejected", "rev", "too small")
    assert (work(study.store, "a", "ann")["status"], work(study.store, "a", "ann")["who"]) == ("rejected", None)
    submit(study, "c")
    set_status(study.store, "c", 1, "approved", "rev")
    for status, ids in (("open", ["b"]), ("rejected", ["a"]), ("approved", ["c"]), ("submitted", []), ("flagged", [])):
        assert _ids(study, status=status) == ids
    with pytest.raises(StoreError, match="no image 'nobody'"):
        work(study.store, "nobody", "ann")


def test_each_of_two_readers_begins_with_his_own_label(folder: Path, settings: StoreSettings) -> None:
    study = StudyDatastore(str(folder), settings.model_copy(update={"readers": 2}))
    submit(study, "a", 1, who="ann")
    assert [work(study.store, "a", who)["number"] for who in ("ann", "ben")] == [1, None]
    submit(study, "a", 2, who="ben", replaces=0)
    submit(study, "a", 3, who="ann", replaces=1)
    assert [work(study.store, "a", who)["number"] for who in ("ann", "ben", "cem")] == [3, 2, None]
    set_status(study.store, "a", 3, "rejected", "rita")
    assert [work(study.store, "a", who)["number"] for who in ("ann", "ben")] == [1, 2]
    assert worklist(study.store).images[0]["number"] == 2
    told = [_client(study).get("/worklist/a", params={"client_id": who}).json()["number"] for who in ("ben", "cem")]
    assert told == [2, None]


def test_an_image_that_cannot_be_read_says_why_until_another_file_is_there(
    study: StudyDatastore, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write_scores(study.store, "v0001", [(image, f"{image.id}.png: is no PNG") for image in unscored(study.store, "v0001", 1)])
    (broken,) = (image for image in worklist(study.store).images if image["problem"])
    assert broken["problem"] == f"{broken['id']}.png: is no PNG"
    assert "cannot be read" in caplog.text
    write_picture(folder / f"{broken['id']}.png", speckle(60, 90, seed=7))
    study.refresh()
    assert work(study.store, broken["id"], "ann")["problem"] is None


def test_pages_and_searches(study: StudyDatastore) -> None:
    assert worklist(study.store, limit=2, offset=1).total == 3
    assert _ids(study, limit=2, offset=1) == ["b", "c"]
    assert _ids(study, search="B") == ["b"]
    assert _ids(study, search="%") == []
    study.remove_image("b")
    assert _ids(study) == ["a", "c"]


def test_a_search_knows_the_letters_of_every_language(study: StudyDatastore, folder: Path) -> None:
    for name in ("Übergröße", "ЖЕНЯ"):
        write_picture(folder / f"{name}.png", speckle(60, 90))
    study.refresh()
    for search, found in (("über", "Übergröße"), ("ÜBERGRÖ", "Übergröße"), ("ß", "Übergröße"), ("женя", "ЖЕНЯ")):
        assert _ids(study, search=search) == [found]
    # macOS writes an accented letter as two characters
    apart = unicodedata.normalize("NFD", "Zoë")
    write_picture(folder / f"{apart}.png", speckle(*MASK.shape))
    study.refresh()
    for search in ("zoë", apart.upper()):
        assert _ids(study, search=search) == [apart]


def test_who_skips_an_image_is_not_given_it_again(study: StudyDatastore) -> None:
    assert next_image(study, "ann") == "a"
    skip(study.store, "a", "ann")
    assert next_image(study, "ann") == "b"
    assert next_image(study, "ben") == "a", "it is free for others"


def test_a_flagged_image_is_given_to_nobody_until_the_flag_is_gone(study: StudyDatastore) -> None:
    assert next_image(study, "ann") == "a"
    flag(study.store, "a", "ann", " not a head ")
    assert work(study.store, "a", "ann")["flag"]["comment"] == "not a head"
    assert _ids(study, status="flagged") == ["a"]
    assert (next_image(study, "ann"), next_image(study, "ben")) == ("b", "c")
    before = tables(study.store)
    rebuild(study.store.layout.folder, study.store.settings)
    assert tables(study.store) == before, "the files tell of it too"
    flag(study.store, "a", "rev", "")
    assert next_image(study, "cem") == "a"
    with pytest.raises(StoreError, match="no character"):
        flag(study.store, "a", "ann", "\0")


def _client(study: StudyDatastore) -> TestClient:
    application = FastAPI()
    application.state.login = None
    app = SimpleNamespace(datastore=lambda: study)
    application.include_router(worklist_routes(app, Instances(study.store, named=False)))  # type: ignore[arg-type]
    return TestClient(application)


def test_over_http(study: StudyDatastore) -> None:
    client = _client(study)
    assert client.post("/worklist/a/flag", json={"comment": "blurred", "client_id": "ann"}).status_code == 200
    assert client.post("/worklist/b/skip", json={"client_id": "ann"}).status_code == 200
    assert client.get("/worklist", params={"status": "flagged"}).json()["images"][0]["flag"]["who"] == "ann"
    assert client.get("/worklist/b").json()["status"] == "open"
    assert next_image(study, "ann") == "c"
    for query in ({"limit": 0}, {"offset": -1}, {"status": "odd"}):
        assert client.get("/worklist", params=query).status_code == 422
