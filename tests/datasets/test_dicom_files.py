"""What an ultrasound machine or an archive exports: DICOM in folders within folders."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pydicom
import pytest
from numpy.testing import assert_array_equal
from pydicom.uid import ComprehensiveSRStorage

from datasets.trees import picture, save
from fetal_head.datasets import ImportReport, import_dataset
from fetal_head.imaging import read_geometry, read_image
from fetal_head.imaging.dicom_patient import read_patient
from fetal_head.imaging.multiframe import original_of
from fetal_head.store.study import StudyDatastore
from pictures import write_dicom
from ultrasound import FRAMES, NAMES, PHANTOM, damaged, odd, written

Files = dict[str, Path]


@pytest.fixture
def export(tmp_path: Path) -> tuple[Path, Files]:
    """A tree with an image of each kind, and what else lies on such a disk; the images by kind."""
    (tmp_path / "flat").mkdir()
    export, files = tmp_path / "export", {}
    for number, (kind, file) in enumerate(written(tmp_path / "flat").items()):
        place = export / "DICOM" / f"QUIMBY_JANE_{number % 2}" / f"SER{number}" / f"IM{number:06d}"
        place.parent.mkdir(parents=True)
        files[kind] = Path(shutil.move(file, place))
    shutil.copy(files["grey"], export / "DICOMDIR")
    shutil.copy(files["grey"], export / ".IM000000")
    (export / "README.TXT").write_text("Open the viewer.")
    # a viewer's own, at which the readers of annotations would stop
    (export / "viewer.xml").write_text('<!DOCTYPE viewer SYSTEM "viewer.dtd"><viewer/>', encoding="utf-16")
    (export / "viewer.json").write_text("{ // settings")
    save(export / "viewer.png", picture(9))
    report = pydicom.dcmread(files["grey"])
    report.SOPClassUID = report.file_meta.MediaStorageSOPClassUID = ComprehensiveSRStorage
    for keyword in ("Rows", "Columns", "PixelData"):
        delattr(report, keyword)
    report.save_as(export / "DICOM" / "SR000001")
    return export, files


def uid(file: Path) -> str:
    return str(pydicom.dcmread(file).SOPInstanceUID)


def said(report: ImportReport) -> dict[str, str]:
    return {skipped.file: skipped.reason for skipped in report.skipped if not skipped.redundant}


def test_every_image_comes_in_as_it_is_by_the_name_that_archives_know(export: tuple[Path, Files], tmp_path: Path) -> None:
    source, files = export
    report = import_dataset(source, tmp_path / "study")
    loop = files.pop("loop")
    assert said(report) == {}
    # the same pixels in another transfer syntax, and without a pixel size
    twins = {skipped.file.rsplit("/", 1)[-1] for skipped in report.skipped if skipped.reason.startswith("the same picture as")}
    assert {files.pop("lossless").name} <= twins
    kept = [file for file in files.values() if file.name not in twins]
    assert len(kept) >= 2
    for file in kept:
        assert (tmp_path / "study" / f"{uid(file)}.dcm").read_bytes() == file.read_bytes()
    key = tmp_path / "study" / f"{uid(loop)}.f0002.dcm"
    assert original_of(pydicom.dcmread(key)).instance == uid(loop)
    image, geometry = read_image(key)
    assert_array_equal(image, np.clip(PHANTOM.image.astype(int) + 1, 0, 255))
    assert geometry.spacing == pytest.approx(PHANTOM.spacing)
    assert sorted(p.name for p in (tmp_path / "study").glob("*.*") if p.suffix != ".dcm") == ["datastore_v2.json", "summary.csv"]
    assert len(list((tmp_path / "study").glob("*.dcm"))) == report.images == len(kept) + 1


def test_the_study_knows_whose_each_is_and_nobody_reads_a_name(export: tuple[Path, Files], tmp_path: Path) -> None:
    source, files = export
    report = import_dataset(source, tmp_path / "study")
    assert len({row["patient"] for row in report.rows}) == 2
    study = StudyDatastore(str(tmp_path / "study"))
    for image in study.list_images():
        info, file = study.get_image_info(image), Path(study.get_image_uri(image))
        assert info["patient"] == read_patient(file)
        # the file tells it, now and when it is replaced
        assert "spacing" not in info
    for told in ("datastore_v2.json", "summary.csv"):
        text = (tmp_path / "study" / told).read_text().upper()
        assert not [name for name in (*NAMES, "QUIMBY", "P-1", "P-2") if name.upper() in text]
    sizes = {row["image"]: row["row_mm"] for row in report.rows}
    assert sizes[uid(files["grey"])] == pytest.approx(PHANTOM.spacing[0])


def test_once_more_brings_what_is_new_alone(export: tuple[Path, Files], tmp_path: Path) -> None:
    source, files = export
    first = import_dataset(source, tmp_path / "study")
    again = import_dataset(source, tmp_path / "study")
    assert (again.images, said(again)) == (0, {})
    frames = import_dataset(source, tmp_path / "study", all_frames=True)
    # the first frame is the picture of a still
    assert (frames.images, said(frames)) == (FRAMES - 2, {})
    names = {path.name for path in (tmp_path / "study").glob("*.f*.dcm")}
    assert names == {f"{uid(files['loop'])}.f{frame:04d}.dcm" for frame in range(2, FRAMES + 1)}
    entries = json.loads((tmp_path / "study/datastore_v2.json").read_text())["objects"]
    assert len(entries) == first.images + FRAMES - 2
    assert {entry["image"]["ext"] for entry in entries.values()} == {".dcm"}


def test_another_image_of_the_same_name_stays_out(tmp_path: Path) -> None:
    file = write_dicom(tmp_path / "IM1", PHANTOM.image, spacing=PHANTOM.spacing)
    for name in ("one", "two", "three"):
        (tmp_path / name).mkdir()
        shutil.copy(file, tmp_path / name / "IM1")
    for name, change in {"two": {"PixelData": PHANTOM.image[::-1].tobytes()}, "three": {"PatientID": "P2"}}.items():
        dataset = pydicom.dcmread(tmp_path / name / "IM1")
        for keyword, value in change.items():
            setattr(dataset, keyword, value)
        dataset.save_as(tmp_path / name / "IM1")
    assert import_dataset(tmp_path / "one", tmp_path / "study").images == 1
    before = (tmp_path / "study" / f"{uid(file)}.dcm").read_bytes()
    assert said(import_dataset(tmp_path / "two", tmp_path / "study")) == {
        "IM1": f"another picture is already there as {uid(file)}, and stays; this one needs another name"
    }
    (reason,) = said(import_dataset(tmp_path / "three", tmp_path / "study")).values()
    assert "of another patient" in reason
    assert (tmp_path / "study" / f"{uid(file)}.dcm").read_bytes() == before


def test_what_cannot_be_read_keeps_nothing_else_out(tmp_path: Path) -> None:
    source = tmp_path / "export"
    (source / "a/b").mkdir(parents=True)
    good = write_dicom(source / "a/b/good", PHANTOM.image, spacing=PHANTOM.spacing)
    damaged(source / "damaged")
    (source / "damaged").rename(source / "a/damaged")
    names = {file.name for file in odd(source)}
    nameless = pydicom.dcmread(write_dicom(source / "nameless", picture(1)))
    del nameless.SOPInstanceUID
    nameless.save_as(source / "nameless")
    endless = pydicom.dcmread(write_dicom(source / "endless", picture(2)))
    endless.NumberOfFrames = 2_000_000_000
    endless.save_as(source / "endless")
    short = pydicom.dcmread(write_dicom(source / "short", picture(3)))
    short.NumberOfFrames = 4
    short.save_as(source / "short")
    resonance = pydicom.dcmread(write_dicom(source / "resonance", picture(5)))
    resonance.Modality = "MR"
    resonance.save_as(source / "resonance")
    (source / "cut").write_bytes(good.read_bytes()[:400])
    save(source / "a/screen.png", picture(4))
    report = import_dataset(source, tmp_path / "study")
    reasons = said(report)
    assert reasons.keys() == {"a/damaged", "a/screen.png", "cut", "endless", "nameless", "resonance", "short", *names}
    assert reasons["resonance"].startswith("is MR, not ultrasound")
    assert reasons["cut"] == "is cut off: it has no picture, and calls itself Ultrasound Image Storage"
    assert reasons["a/screen.png"].startswith("is not DICOM as the others are")
    assert "at most 10000 frames" in reasons["endless"]
    assert "has no SOPInstanceUID" in reasons["nameless"]
    assert reasons["short"] == "says that it has 4 frames, and holds 1"
    assert uid(good) in {row["image"] for row in report.rows}
    assert read_geometry(tmp_path / "study" / f"{uid(good)}.dcm").spacing == pytest.approx(PHANTOM.spacing)


def test_annotations_whose_images_were_not_found_are_not_passed_over(tmp_path: Path) -> None:
    source = tmp_path / "export"
    (source / "files").mkdir(parents=True)
    write_dicom(source / "files/IM1", PHANTOM.image)
    coco = {"images": [{"id": 1, "file_name": "IM1", "width": 9, "height": 9}], "annotations": [], "categories": []}
    (source / "labels.json").write_text(json.dumps(coco))
    shutil.copy(source / "files/IM1", source / "DICOMDIR")
    with pytest.raises(ValueError, match="holds annotations, and their images are not beside it"):
        import_dataset(source, tmp_path / "study")
    assert not (tmp_path / "study").exists()


def test_without_an_index_what_a_viewer_wrote_keeps_no_image_out(export: tuple[Path, Files], tmp_path: Path) -> None:
    source, _ = export
    (source / "DICOMDIR").unlink()
    with pytest.raises(ValueError, match=r"viewer\.xml"):
        import_dataset(source, tmp_path / "study")
    (source / "viewer.png").rename(source / "DICOM/viewer.png")
    report = import_dataset(source, tmp_path / "study")
    assert report.images == 3
    assert list(said(report)) == ["DICOM/viewer.png"]


def test_a_folder_of_nothing_but_reports_is_an_export_without_images(export: tuple[Path, Files], tmp_path: Path) -> None:
    (tmp_path / "reports").mkdir()
    shutil.copy(export[0] / "DICOM" / "SR000001", tmp_path / "reports")
    report = import_dataset(tmp_path / "reports", tmp_path / "study")
    assert report.images == 0
    assert [(skipped.reason, skipped.redundant) for skipped in report.skipped] == [("holds no image", True)]


def test_an_import_that_is_killed_on_its_way_is_ended_by_the_next_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source, study = tmp_path / "export", tmp_path / "study"
    (source / "deep").mkdir(parents=True)
    files = [write_dicom(source / "deep" / f"IM{number}", picture(number)) for number in range(2)]
    replace = Path.replace

    def killed_at_the_second(there: Path, to: Path) -> None:
        replace(there, to)
        if Path(to).parent == study and Path(to).suffix == ".dcm":
            monkeypatch.setattr(shutil, "rmtree", lambda *_, **__: None)
            raise KeyboardInterrupt

    with monkeypatch.context() as inner:
        inner.setattr(Path, "replace", killed_at_the_second)
        with pytest.raises(KeyboardInterrupt):
            import_dataset(source, study)
    monkeypatch.undo()
    assert len(list(study.glob("*.dcm"))) == 1
    again = import_dataset(source, study)
    assert (again.images, again.completed, said(again)) == (0, 2, {})
    assert {path.stem: path.read_bytes() for path in study.glob("*.dcm")} == {uid(file): file.read_bytes() for file in files}
