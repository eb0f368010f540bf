"""What is kept of a prediction of many images."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from fetal_head.config import StoreSettings
from fetal_head.store.files.layout import Picture
from fetal_head.store.labels.effort import efforts, measure_efforts
from fetal_head.store.labels.settling import FINAL
from fetal_head.store.study import StudyDatastore
from fetal_head.tasks.batch import BatchInfer
from pictures import speckle, three_structures, write_itk, write_picture


@pytest.fixture
def study(tmp_path: Path) -> StudyDatastore:
    """Two images."""
    (tmp_path / "study").mkdir()
    for number, name in enumerate("ab"):
        write_picture(tmp_path / "study" / f"{name}.png", speckle(60, 90, seed=number))
    return StudyDatastore(str(tmp_path / "study"), StoreSettings(database_url="embedded", lease_minutes=30, readers=1))


def test_no_mask_is_kept_for_a_picture_that_came_while_it_was_predicted(study: StudyDatastore, tmp_path: Path) -> None:
    other = write_picture(tmp_path / "other.png", speckle(60, 90, seed=9))

    def infer(request: dict[str, Any], _: StudyDatastore) -> dict[str, Any]:
        if request["image"] == study.get_image_uri("a"):
            shutil.copyfile(other, request["image"])
        mask = write_itk(tmp_path / "predicted.nrrd", three_structures(60, 90))
        return {"file": str(mask), "params": {"model_version": "v1"}}

    told = BatchInfer()({"images": "all", "label_tag": FINAL}, study, infer)
    assert "the image 'a' was replaced" in told["a"]["error"]
    assert told["b"]["params"] == {"model_version": "v1"}
    study.refresh()
    assert study.get_labeled_images() == ["b"]
    assert not (tmp_path / "predicted.nrrd").exists()


def test_a_mask_that_nobody_looked_at_is_no_prediction_that_somebody_accepted(study: StudyDatastore, tmp_path: Path) -> None:
    def infer(request: dict[str, Any], _: StudyDatastore) -> dict[str, Any]:
        mask = write_itk(tmp_path / "predicted.nrrd", three_structures(60, 90))
        study.keep_prediction(Picture.at(Path(request["image"])), mask.read_bytes(), "v1")
        return {"file": str(mask), "params": {"model_version": "v1"}}

    BatchInfer()({"images": "all", "label_tag": FINAL}, study, infer)
    measure_efforts(study.store)
    assert efforts(study.store) == []
    study.save_label("a", str(write_itk(tmp_path / "drawn.nrrd", three_structures(60, 90))), FINAL, {"model_version": "v1"})
    measure_efforts(study.store)
    assert [found.labels for found in efforts(study.store)] == [1]


@pytest.mark.parametrize("readers", [1, 2])
@pytest.mark.parametrize("images", ["unlabeled", "all"])
def test_a_label_that_somebody_gives_meanwhile_is_kept(tmp_path: Path, readers: int, images: str) -> None:
    (tmp_path / "study").mkdir()
    for number, name in enumerate("ab"):
        write_picture(tmp_path / "study" / f"{name}.png", speckle(60, 90, seed=number))
    study = StudyDatastore(str(tmp_path / "study"), StoreSettings(database_url="embedded", lease_minutes=30, readers=readers))
    drawn = write_itk(tmp_path / "drawn.nrrd", three_structures(60, 90))

    def infer(request: dict[str, Any], _: StudyDatastore) -> dict[str, Any]:
        if request["image"] == study.get_image_uri("b"):
            study.save_label("b", str(drawn), FINAL, {"user": "ann"})
        mask = write_itk(tmp_path / "predicted.nrrd", three_structures(60, 90) * 0 + 1)
        return {"file": str(mask), "params": {"model_version": "v1"}}

    told = BatchInfer()({"images": images, "label_tag": FINAL, "user": "boss"}, study, infer)
    assert "became the label of 'b' meanwhile" in told["b"]["error"]
    assert study.get_label_info("b", FINAL)["user"] == "ann"
    assert told["a"]["params"] == {"model_version": "v1"}
    assert study.get_label_info("a", FINAL)["user"] == "boss"


def test_a_label_that_was_there_is_replaced_where_all_images_are_asked_for(study: StudyDatastore, tmp_path: Path) -> None:
    drawn = write_itk(tmp_path / "drawn.nrrd", three_structures(60, 90))
    study.save_label("a", str(drawn), FINAL, {"user": "ann"})

    def infer(request: dict[str, Any], _: StudyDatastore) -> dict[str, Any]:
        return {"file": str(write_itk(tmp_path / "predicted.nrrd", three_structures(60, 90) * 0 + 1)), "params": {}}

    for _ in range(2):
        BatchInfer()({"images": "all", "label_tag": FINAL, "user": "boss"}, study, infer)
        assert study.get_label_info("a", FINAL)["user"] == "boss"
