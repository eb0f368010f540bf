"""The background worker: it scores what there is, once, and makes way."""

from __future__ import annotations

import errno
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import requests
import torch

from fetal_head.config import Settings
from fetal_head.imaging import Geometry
from fetal_head.imaging.limits import check_file
from fetal_head.model.network import Architecture
from fetal_head.model.registry import Registry
from fetal_head.model.traffic import Traffic
from fetal_head.model.weights import Description
from fetal_head.pseudonym import pseudonym
from fetal_head.server import scoring
from fetal_head.server.scoring import ScoringWorker
from fetal_head.store.files.layout import Picture
from fetal_head.store.labels.drafts import encoded
from fetal_head.store.labels.effort import efforts
from fetal_head.store.labels.settling import FINAL
from fetal_head.store.study import StudyDatastore
from fetal_head.store.worklist.pools import Pools
from fetal_head.store.worklist.scores import last_turn, unscored
from pictures import speckle, three_structures, write_itk, write_picture
from serving import serving
from small_labels import small_settings


@pytest.fixture
def study(tmp_path: Path) -> StudyDatastore:
    """Ten images, of which one is damaged."""
    folder = tmp_path / "study"
    folder.mkdir()
    for number in range(9):
        write_picture(folder / f"i{number}.png", speckle(60, 90, seed=number))
    (folder / "damaged.png").write_bytes(b"no image")
    return StudyDatastore(str(folder))


@pytest.fixture
def settings() -> Settings:
    return small_settings(dropout_samples=2)


def _publish(folder: Path, settings: Settings, seed: int) -> Registry:
    registry = Registry(folder)
    torch.manual_seed(seed)
    architecture = Architecture.of(settings.model)
    registry.publish(registry.add(architecture.build(), Description(architecture)).name)
    return registry


def _until(condition: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come true"
        time.sleep(0.05)


def _turns(study: StudyDatastore) -> int:
    with study.store.reading() as session:
        return last_turn(session)


def test_everything_is_scored_once_per_model(study: StudyDatastore, settings: Settings, tmp_path: Path) -> None:
    registry = _publish(tmp_path / "models", settings, seed=1)
    worker = ScoringWorker(study.store, registry, Traffic(), settings)
    assert worker.work()
    assert unscored(study.store, "v0001", 99) == []
    assert not worker.work()
    assert _turns(study) == 10
    pools = Pools(study.store)
    images, pool = pools.pool("ann")
    assert pools.names(images) == [f"i{number}" for number in range(9)], "the damaged one is asked of nobody"
    assert pool.scored.all()
    assert np.isfinite(pool.features(np.arange(9))).all()
    assert len(list((study.store.layout.hidden / "frames").glob("*/*.npy"))) == 9
    before = pool.entropy.copy()
    _publish(tmp_path / "models", settings, seed=2)
    assert worker.work()
    assert unscored(study.store, "v0002", 99) == []
    assert (Pools(study.store).pool("ann")[1].entropy != before).any()


def test_labels_do_not_wait_for_all_images_to_be_scored(study: StudyDatastore, settings: Settings, tmp_path: Path) -> None:
    mask = three_structures(60, 90)
    for number in range(5):
        picture = Picture.at(Path(study.get_image_uri(f"i{number}")))
        study.keep_prediction(picture, encoded(mask, Geometry(mask.shape)), "v0001")
        study.save_label(f"i{number}", str(write_itk(tmp_path / "mask.nrrd", mask)), FINAL, {})
    assert ScoringWorker(study.store, _publish(tmp_path / "models", settings, seed=1), Traffic(), settings).work()
    assert [found.labels for found in efforts(study.store)] == [5]


def test_two_servers_score_an_image_once_and_make_way(study: StudyDatastore, settings: Settings, tmp_path: Path) -> None:
    registry, traffic = _publish(tmp_path / "models", settings, seed=1), Traffic()
    with traffic.passing():
        for _ in range(2):
            ScoringWorker(study.store, registry, traffic, settings).start()
        time.sleep(1)
        assert _turns(study) == 0, "a prediction has right of way"
    _until(lambda: unscored(study.store, "v0001", 9) == [])
    time.sleep(0.5)
    assert _turns(study) == 10


def test_other_weights_of_the_same_name_score_anew(study: StudyDatastore, settings: Settings, tmp_path: Path) -> None:
    ScoringWorker(study.store, _publish(tmp_path / "models", settings, seed=1), Traffic(), settings).work()
    before = Pools(study.store).pool("ann")[1].entropy
    others = _publish(tmp_path / "others", settings, seed=2)
    assert others.current().name == "v0001"
    worker = ScoringWorker(study.store, others, Traffic(), settings)
    assert worker.work()
    assert not worker.work()
    assert (Pools(study.store).pool("ann")[1].entropy != before).any()
    assert not ScoringWorker(study.store, others, Traffic(), settings).work(), "a server that starts again has nothing to do"
    changed = settings.model_copy(update={"selection": settings.selection.model_copy(update={"dropout_rate": 0.4})})
    assert ScoringWorker(study.store, others, Traffic(), changed).work()


def test_other_weights_under_a_served_name_score_anew(study: StudyDatastore, settings: Settings, tmp_path: Path) -> None:
    """Predictions are by them from now on: an order of images by the ones before would be nobody's."""
    registry, others = (_publish(tmp_path / name, settings, seed) for seed, name in enumerate(("models", "others")))
    worker = ScoringWorker(study.store, registry, Traffic(), settings)
    assert worker.work()
    assert not worker.work()
    before = Pools(study.store).pool("ann")[1].entropy
    shutil.copy(others.current().path, registry.current().path)
    assert worker.work()
    assert (Pools(study.store).pool("ann")[1].entropy != before).any()
    assert not worker.work()


@pytest.mark.parametrize(
    "lack",
    [
        PermissionError(errno.EACCES, "Permission denied"),
        OSError(errno.ENOSPC, "No space left on device"),
        MemoryError(),
        ValueError("is no file"),
    ],
    ids=["right", "room", "memory", "share"],
)
def test_an_image_that_the_system_could_not_read_is_scored_once_it_can(
    study: StudyDatastore,
    settings: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    lack: Exception,
) -> None:
    monkeypatch.setattr(scoring, "QUEUE", 2)
    worker = ScoringWorker(study.store, _publish(tmp_path / "models", settings, seed=1), Traffic(), settings)
    lacking = [study.store.layout.folder / f"i{number}.png" for number in range(3)]
    away = [path.rename(tmp_path / path.name) for path in lacking] if isinstance(lack, ValueError) else []

    def check(path: Path) -> None:
        if path in lacking:
            raise lack
        check_file(path)

    with monkeypatch.context() as patch:
        patch.setattr("fetal_head.imaging.reader.check_file", check)
        for _ in range(8):
            worker.work()
        assert not worker.work(), "it does not try again and again"
    for path in away:
        path.rename(study.store.layout.folder / path.name)
    assert {image.path for image in unscored(study.store, "v0001", 99)} == {*lacking}
    said = [record.message for record in caplog.records if "is tried again" in record.message]
    assert len(said) == 3
    assert {*map(pseudonym, ("i0", "i1", "i2"))} == {word for line in said for word in line.split() if len(word) == 12}
    monkeypatch.setattr(scoring, "AGAIN_SECONDS", 0.0)
    _until(lambda: not worker.work())
    assert unscored(study.store, "v0001", 99) == []
    assert Pools(study.store).pool("ann")[1].scored.all()


def test_a_busy_server_comes_to_scoring_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fetal_head.model.traffic.PATIENCE_SECONDS", 0.2)
    traffic = Traffic()
    with traffic.passing():
        began = time.monotonic()
        traffic.wait_until_quiet()
    assert 0.2 <= time.monotonic() - began < 5


@pytest.mark.slow
def test_a_server_scores_what_is_copied_in_and_says_why_it_chose(study: StudyDatastore, tmp_path: Path) -> None:
    names = [f"i{number}" for number in range(9)]
    for name in names:
        study.update_image_info(name, {"id": "other", "why": "because", "rank": 7})
    with serving(study.store.layout.folder, tmp_path / "server") as server:
        _until(lambda: unscored(study.store, "shipped", 99) == [], 120)
        write_picture(server.studies / "later.png", speckle(60, 90, seed=77))
        _until(lambda: server.client().info()["datastore"]["total"] == 11)
        _until(lambda: unscored(study.store, "shipped", 99) == [])
        told = requests.post(f"{server.url}/activelearning/hybrid", json={"client_id": "ann"}, timeout=60).json()
        assert (told["model_version"], told["of"], told["rank"]) == ("shipped", 10, 1)
        assert told["why"].startswith("The model is unsure of")
        assert told["id"] in (*names, "later")
