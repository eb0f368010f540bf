"""The labelled set for others, read back by what others read it with, or by the importers."""

from __future__ import annotations

import csv
import importlib.util
import json
import shutil
import warnings
from pathlib import Path

import numpy as np
import pydicom
import pytest
import SimpleITK as sitk
from command import Run
from highdicom.seg import segread
from highdicom.sr import srread
from numpy.testing import assert_array_equal

from datasets.trees import head, picture, save, write_coco
from fetal_head.evaluation.pairs import find_pairs
from fetal_head.imaging import read_image, read_mask
from fetal_head.store.dicom.instances import Instances
from fetal_head.store.study import StudyDatastore
from pictures import speckle, three_structures, write_dicom, write_itk, write_picture

MASK = three_structures(120, 160)
PICTURES = {"d": speckle(*MASK.shape), "p": speckle(*MASK.shape, seed=1)}
SPACING = (0.4, 0.5)


@pytest.fixture
def studies(tmp_path: Path) -> Path:
    """Two labelled images, one of them DICOM and one with a pixel size from elsewhere, and one that nobody has labelled."""
    folder = tmp_path / "studies"
    folder.mkdir()
    write_dicom(folder / "d.dcm", PICTURES["d"], spacing=SPACING)
    write_picture(folder / "p.png", PICTURES["p"])
    write_picture(folder / "none.png", speckle(*MASK.shape, seed=2))
    study = StudyDatastore(str(folder))
    study.update_image_info("p", {"spacing": [0.3, 0.3]})
    file = write_itk(tmp_path / "mask.nrrd", MASK)
    for image in ("d", "p"):
        study.save_label(image, str(file), "final", {"client_id": "ann"})
    return folder


def _index(to: Path) -> dict[str, dict[str, str]]:
    with (to / "index.csv").open() as file:
        return {row["image"]: row for row in csv.DictReader(file)}


def test_png(run: Run, studies: Path, tmp_path: Path) -> None:
    to = tmp_path / "out"
    run("export", "--studies", studies, "--format", "png", "--to", to)
    for image in ("d", "p"):
        assert_array_equal(read_image(to / "images" / f"{image}.png")[0], PICTURES[image])
        assert_array_equal(read_mask(to / "masks" / f"{image}.png"), MASK)
    assert {i: (float(r["row_mm"]), float(r["column_mm"])) for i, r in _index(to).items()} == {"d": SPACING, "p": (0.3, 0.3)}
    assert {r["annotated"] for r in _index(to).values()} == {"BRAIN CSP LV"}


def test_nifti(run: Run, studies: Path, tmp_path: Path) -> None:
    to = tmp_path / "out"
    run("export", "--studies", studies, "--format", "nifti", "--to", to)
    for image, spacing in (("d", SPACING), ("p", (0.3, 0.3))):
        pixels, geometry = read_image(to / "images" / f"{image}.nii.gz")
        assert_array_equal(pixels, PICTURES[image])
        assert geometry.spacing == pytest.approx(spacing)
        on_image, mask = (sitk.ReadImage(str(to / kind / f"{image}.nii.gz")) for kind in ("images", "masks"))
        assert mask.GetSize() == on_image.GetSize() == (160, 120, 1)
        assert mask.GetSpacing() == on_image.GetSpacing()
        assert_array_equal(sitk.GetArrayFromImage(mask)[0], MASK)


def test_coco_comes_back_by_import(run: Run, studies: Path, tmp_path: Path) -> None:
    to = tmp_path / "out"
    run("export", "--studies", studies, "--format", "coco", "--to", to)
    content = json.loads((to / "annotations.json").read_text())
    assert {c["name"] for c in content["categories"]} == {"BRAIN", "CSP", "LV"}
    by_structure = {a["category_id"]: a for a in content["annotations"] if a["image_id"] == 1}
    assert by_structure[1]["area"] == np.count_nonzero(MASK), "BRAIN is the whole head"
    rows, columns = np.nonzero(MASK == 3)
    assert by_structure[3]["bbox"] == [columns.min(), rows.min(), np.ptp(columns) + 1, np.ptp(rows) + 1]
    run("import", to, "--to", tmp_path / "back")
    for image in ("d", "p"):
        assert_array_equal(read_mask(next((tmp_path / "back" / "labels" / "final").glob(f"{image}.*"))), MASK)


def test_dicom(run: Run, studies: Path, tmp_path: Path) -> None:
    # the folder of another kind has no DICOM image of its own
    StudyDatastore(str(studies)).remove_label("p", "final")
    for kind, read in (("seg", segread), ("sr", srread)):
        run("export", "--studies", studies, "--format", f"dicom-{kind}", "--to", tmp_path / kind)
        made = read(tmp_path / kind / f"d.{kind}.dcm")
        assert made.PatientID == "P1"
    segmentation = segread(tmp_path / "seg" / "d.seg.dcm")
    instance = segmentation.SourceImageSequence[0].ReferencedSOPInstanceUID
    assert_array_equal(segmentation.get_pixels_by_source_instance([instance], combine_segments=True)[0], MASK)


@pytest.mark.parametrize("kind", ["masks", "coco"])
def test_dicom_that_came_in_with_its_label_is_referred_to(run: Run, tmp_path: Path, kind: str) -> None:
    (tmp_path / "in/images").mkdir(parents=True)
    instance = pydicom.dcmread(write_dicom(tmp_path / "in/images/first.dcm", picture(0))).SOPInstanceUID
    if kind == "masks":
        save(tmp_path / "in/masks/first.png", head())
    else:
        write_coco(tmp_path / "in/a.json", "first")
    run("import", tmp_path / "in", "--to", tmp_path / "study")
    run("export", "--studies", tmp_path / "study", "--format", "dicom-seg", "--to", tmp_path / "seg")
    made = segread(tmp_path / "seg" / "first.seg.dcm").get_pixels_by_source_instance([instance], combine_segments=True)
    assert_array_equal(made[0], read_mask(tmp_path / "study/labels/final/first.nrrd"))


@pytest.mark.skipif(importlib.util.find_spec("fetal_head.dicomweb") is None, reason="no room dicomweb to make instances")
def test_dicom_of_an_image_that_is_none(run: Run, studies: Path, tmp_path: Path) -> None:
    run("export", "--studies", studies, "--format", "dicom-seg", "--to", tmp_path / "seg")
    segmentation = segread(tmp_path / "seg" / "p.seg.dcm")
    instance = segmentation.SourceImageSequence[0].ReferencedSOPInstanceUID
    assert_array_equal(segmentation.get_pixels_by_source_instance([instance], combine_segments=True)[0], MASK)


def test_a_label_without_a_report_is_told_what_it_lacks(run: Run, studies: Path, tmp_path: Path) -> None:
    study = StudyDatastore(str(studies))
    study.save_label("none", str(write_itk(tmp_path / "mask.nrrd", MASK)), "final", {"client_id": "ann"})
    study.save_label("p", str(write_itk(tmp_path / "mask.nrrd", np.zeros_like(MASK))), "final", {"client_id": "ann"})
    told = json.loads(
        run("export", "--studies", studies, "--format", "dicom-sr", "--to", tmp_path / "sr", "--json", status=1).stdout
    )
    assert told["labels"] == 1
    assert [sentence.partition(",")[0] for sentence in told["skipped"]] == [
        "none: the size of its pixels is not known",
        "p: nothing in it can be measured",
    ]


@pytest.mark.parametrize("names", ["pseudonym", "plain"])
def test_a_label_is_of_the_patient_whom_the_server_says_its_image_to_be_of(
    run: Run, studies: Path, tmp_path: Path, names: str
) -> None:
    """Study and series are the same whatever the patient is called, and an archive has one patient for a study."""
    study = StudyDatastore(str(studies))
    study.update_image_info("p", {"patient": "Jane"})
    instances = Instances(study.store, named=names == "plain")
    instances.refresh()
    (known,) = instances.find(image="p")
    run("export", "--studies", studies, "--format", "dicom-seg", "--to", tmp_path / "seg", "--conf", f"dicom_names={names}")
    made = segread(tmp_path / "seg" / "p.seg.dcm")
    assert (made.PatientID, made.PatientName, made.StudyInstanceUID) == (known.patient, known.patient, known.uids.study)
    assert _index(tmp_path / "seg")["p"]["patient"] == "", "nor does the index tell a name that it hides"


def test_names_of_patients_are_not_told_on_the_way(run: Run, studies: Path, tmp_path: Path) -> None:
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        run("export", "--studies", studies, "--format", "dicom-sr", "--to", tmp_path / "sr")
    assert [w.filename for w in said if "dicom" in w.filename] == []


def test_a_label_that_cannot_be_written_is_named_and_the_others_are_there(run: Run, studies: Path, tmp_path: Path) -> None:
    (studies / "none.png").write_bytes(b"damaged")
    shutil.copy(studies / "labels/final/p.nrrd", studies / "labels/final/none.nrrd")
    done = run("export", "--studies", studies, "--format", "png", "--to", tmp_path / "out", "--json", status=1)
    told = json.loads(done.stdout)
    assert told["labels"] == 2
    assert told["skipped"][0].startswith("none: ")
    assert set(_index(tmp_path / "out")) == {"d", "p"}


def test_wrong_formats_and_folders_are_said(run: Run, studies: Path, tmp_path: Path) -> None:
    done = run("export", "--studies", studies, "--format", "tiff", "--to", tmp_path / "out", status=1)
    assert "there is coco, nifti, png, dicom-seg or dicom-sr" in done.stderr
    done = run("export", "--studies", studies, "--format", "png", "--to", studies, status=1)
    assert "is not empty" in done.stderr


@pytest.mark.parametrize("kind", ["coco", "png", "nifti"])
def test_the_images_of_a_patient_stay_those_of_one(run: Run, studies: Path, tmp_path: Path, kind: str) -> None:
    """Else a training would learn from a patient by whom it is judged, and an interval take one patient for several."""
    study = StudyDatastore(str(studies))
    study.update_image_info("p", {"patient": study.get_image_info("d")["patient"]})
    run("export", "--studies", studies, "--format", kind, "--to", tmp_path / "out")
    run("import", tmp_path / "out", "--to", tmp_path / "back")
    objects = json.loads((tmp_path / "back" / "datastore_v2.json").read_text())["objects"]
    whose = {image: entry["image"]["info"]["patient"] for image, entry in objects.items()}
    assert whose == dict.fromkeys("dp", study.get_image_info("d")["patient"])
    if kind != "coco":
        pairs = find_pairs(tmp_path / "out" / "images", tmp_path / "out" / "masks")
        assert {pair.id: pair.patient for pair in pairs} == whose
