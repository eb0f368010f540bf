"""`fetal-head store effort`."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from command import Run

from fetal_head.imaging import Geometry
from fetal_head.store.files.layout import Picture
from fetal_head.store.labels.drafts import encoded
from fetal_head.store.labels.settling import FINAL
from fetal_head.store.study import StudyDatastore
from pictures import speckle, three_structures, write_itk, write_picture

MASK = three_structures(60, 90)


def test_effort_is_told_by_model_version(run: Run, tmp_path: Path) -> None:
    (tmp_path / "study").mkdir()
    write_picture(tmp_path / "study/a.png", speckle(60, 90))
    study = StudyDatastore(str(tmp_path / "study"))
    assert json.loads(run("store", "effort", "--studies", "study", "--json").stdout) == []
    study.keep_prediction(Picture.at(Path(study.get_image_uri("a"))), encoded(MASK, Geometry(MASK.shape)), "v0007")
    without = np.where(MASK == 2, 1, MASK).astype(np.uint8)
    study.save_label("a", str(write_itk(tmp_path / "mask.nrrd", without)), FINAL, {"client_id": "ann"})
    (found,) = json.loads(run("store", "effort", "--studies", "study", "--json").stdout)
    assert (found["model"], found["labels"], found["accepted"]) == ("v0007", 1, 0)
    assert (found["apl"], found["changed"]) == (0, int((MASK == 2).sum())), "erasing adds no contour, but changes pixels"
    assert {name: of["dice"] for name, of in found["structures"].items()} == {"BRAIN": 1, "CSP": 0, "LV": 1}
    assert "v0007" in run("store", "effort", "--studies", "study").stdout
    assert "there is no study folder nowhere" in run("store", "effort", "--studies", "nowhere", status=1).stderr
