"""An image that is replaced while a study is exported: a label goes out with its own image and patient, or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pydicom
import pytest
from labelled_dicoms import MASK

from fetal_head.cli.export import _dataset
from fetal_head.export.folder import FORMATS, Format, write_labels
from fetal_head.store.labels.exported import exported
from fetal_head.store.study import StudyDatastore
from pictures import speckle, write_dicom, write_itk, write_picture

KINDS = [(kind, suffix) for suffix in (".png", ".dcm") for kind in FORMATS]


def _image(path: Path, seed: int) -> Path:
    if path.suffix == ".png":
        return write_picture(path, speckle(*MASK.shape, seed=seed))
    dataset = pydicom.dcmread(write_dicom(path, speckle(*MASK.shape, seed=seed), spacing=(0.3, 0.3)))
    dataset.PatientID = f"P{seed}"
    dataset.save_as(path, write_like_original=False)
    return path


@pytest.mark.parametrize(("kind", "suffix"), KINDS)
def test_a_label_does_not_go_out_with_an_image_that_came_meanwhile(tmp_path: Path, kind: Format, suffix: str) -> None:
    (tmp_path / "study").mkdir()
    images = [_image(tmp_path / "study" / f"{name}{suffix}", seed) for seed, name in enumerate("ab", start=1)]
    study = StudyDatastore(str(tmp_path / "study"))
    for name in "ab":
        study.update_image_info(name, {"spacing": [0.3, 0.3]})
        study.save_label(name, str(write_itk(tmp_path / "mask.nrrd", MASK)), "final", {})
    other = _image(tmp_path / f"other{suffix}", seed=3)

    def asked() -> Iterator[str]:
        yield "a"
        other.replace(images[1])
        yield "b"

    label_of, dataset_of = partial(exported, study.store), partial(_dataset, study.store, named=False)
    written, failed = write_labels(asked(), label_of, kind, tmp_path / "out", dataset_of)
    assert (written, [sentence.partition(":")[0] for sentence in failed]) == (1, ["b"])
    assert "replaced" in failed[0]
    assert list((tmp_path / "out").rglob("b.*")) == []
    assert (tmp_path / "out/index.csv").read_text().count("\n") == 2
