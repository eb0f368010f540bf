from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from datasets.trees import SHAPE, head, picture
from fetal_head.datasets.case import Case
from fetal_head.datasets.study import RedundantError, StudyWriter
from fetal_head.imaging import read_image, read_mask
from fetal_head.labels import NAMES
from pictures import write_dicom, write_itk


def labelled(case_id: str = "a", seed: int = 0) -> Case:
    return Case(case_id, picture(seed), head(), NAMES, "p1", "trans-ventricular", (0.1, 0.2), source="images/a.png")


def write(to: Path, *cases: Case) -> StudyWriter:
    with StudyWriter(to) as study:
        for case in cases:
            study.add(case)
    return study


def files(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_image_and_label_are_read_back_and_lie_on_each_other(tmp_path: Path) -> None:
    write(tmp_path / "study", labelled())
    image, geometry = read_image(tmp_path / "study/a.png")
    np.testing.assert_array_equal(image, picture(0))
    np.testing.assert_array_equal(read_mask(tmp_path / "study/labels/final/a.nrrd", SHAPE), head())
    assert read_image(tmp_path / "study/labels/final/a.nrrd")[1].frame == geometry.frame


def test_the_index_says_what_is_known_and_no_more(tmp_path: Path) -> None:
    write(tmp_path, labelled(), Case("b", picture(1), patient="p2"))
    objects = json.loads((tmp_path / "datastore_v2.json").read_text())["objects"]
    image, label = objects["a"]["image"], objects["a"]["labels"]["final"]
    assert (image["ext"], label["ext"]) == (".png", ".nrrd")
    assert image["info"].pop("ts") == label["info"].pop("ts") > 1_700_000_000
    assert image["info"] == {
        "name": "a.png",
        "patient": "p1",
        "plane": "trans-ventricular",
        "source": "images/a.png",
        "spacing": [0.1, 0.2],
        "pixel_size": "per axis",
        "file_size": (tmp_path / "a.png").stat().st_size,
    }
    assert label["info"] == {"name": "a.nrrd", "annotated": list(NAMES), "source": "import"}
    assert objects["b"]["labels"] == {}
    assert "spacing" not in objects["b"]["image"]["info"]


def test_two_imports_at_a_time_do_not_lose_each_others_images(tmp_path: Path) -> None:
    """The last one would write the index without what the first one said, and its picture over that of the same name."""
    with StudyWriter(tmp_path) as first:
        with pytest.raises(ValueError, match="is under way; wait until it has ended"), StudyWriter(tmp_path):
            pass
        first.add(labelled())
    write(tmp_path, Case("b", picture(1), patient="p2"))
    objects = json.loads((tmp_path / "datastore_v2.json").read_text())["objects"]
    assert {image: entry["image"]["info"]["patient"] for image, entry in objects.items()} == {"a": "p1", "b": "p2"}


def test_adding_to_a_study_leaves_what_is_there(tmp_path: Path) -> None:
    write(tmp_path, labelled("a"))
    index = json.loads((tmp_path / "datastore_v2.json").read_text())
    index["objects"]["a"]["labels"]["final"]["info"]["reviewed"] = True
    (tmp_path / "datastore_v2.json").write_text(json.dumps(index))
    (tmp_path / "labels/final/a.nrrd").write_bytes(b"corrected")
    (tmp_path / "labels/final/gone.nrrd").write_bytes(b"label of a removed image")
    before = files(tmp_path)
    with StudyWriter(tmp_path) as study:
        study.add(labelled("b", seed=1))
        for taken in ("a", "b", "gone"):
            assert taken in study
            with pytest.raises(ValueError, match="already there"):
                study.add(labelled(taken, seed=1))
    after = files(tmp_path)
    changed = {name for name in after if after[name] != before.get(name)}
    assert changed == {"b.png", "labels/final/b.nrrd", "datastore_v2.json", "summary.csv"}
    objects = json.loads(after["datastore_v2.json"])["objects"]
    assert objects["a"] == index["objects"]["a"]
    assert [line.split(",")[0] for line in after["summary.csv"].decode().splitlines()] == ["image", "a", "b"]


def test_only_what_is_there_already_is_redundant(tmp_path: Path) -> None:
    write(tmp_path, labelled(), Case("unlabelled", picture(1)))
    with StudyWriter(tmp_path) as study:
        study.add(labelled("new", seed=2))
        rounded = replace(labelled(), spacing=tuple(np.float32([0.1, 0.2]).tolist()))
        for same in (labelled(), rounded, Case("a", picture(0)), Case("unlabelled", picture(1)), labelled("new", seed=2)):
            with pytest.raises(RedundantError, match=r"^already there$"):
                study.add(same)
        no_lv = np.where(head() == 3, 1, head()).astype(np.uint8)
        for other, message in (
            (labelled(seed=3), "another picture is already there as a, and stays; this one needs another name"),
            (Case("a", picture(0), no_lv, NAMES), "already there, but not with this label; what is there stays"),
            (Case("a", picture(0), no_lv, ("BRAIN", "CSP")), "already there, but not with this label; what is there stays"),
            (labelled("unlabelled", seed=1), "already there, but not with this label; what is there stays"),
            (replace(labelled(), spacing=(0.1, 0.21)), "already there, but not with this pixel size; what is there stays"),
            (
                Case("unlabelled", picture(1), spacing=(0.1, 0.2)),
                "already there, but not with this pixel size; what is there stays",
            ),
        ):
            with pytest.raises(ValueError, match=f"^{message}$") as refused:
                study.add(other)
            assert not isinstance(refused.value, RedundantError)


@pytest.mark.parametrize("file", ["a.dcm", "a.nii.gz", "labels/final/a.nii.gz"])
def test_no_label_is_put_on_a_picture_of_its_name_that_somebody_copied_there(tmp_path: Path, file: str) -> None:
    write(tmp_path, labelled("first"))
    if file.endswith(".dcm"):
        write_dicom(tmp_path / file, picture(1))
    else:
        write_itk(tmp_path / file, head() if "labels" in file else picture(1))
    with (
        StudyWriter(tmp_path) as study,
        pytest.raises(ValueError, match=r"another picture is already there as a, and stays; this one needs another name"),
    ):
        study.add(labelled())
    if "labels" not in file:
        with StudyWriter(tmp_path) as study, pytest.raises(RedundantError, match=r"^already there$"):
            study.add(Case("a", picture(1)))


def test_the_structures_that_a_label_speaks_of_belong_to_it(tmp_path: Path) -> None:
    brain = (head() > 0).astype(np.uint8)
    write(tmp_path, Case("a", picture(0), brain, NAMES))
    with StudyWriter(tmp_path) as study, pytest.raises(ValueError, match="not with this label"):
        study.add(Case("a", picture(0), brain, ("BRAIN",)))


@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt])
def test_an_interrupted_import_leaves_nothing(tmp_path: Path, error: type[BaseException]) -> None:
    def interrupted(to: Path) -> None:
        with StudyWriter(to) as study:
            study.add(labelled("b", seed=1))
            raise error

    with pytest.raises(error):
        interrupted(tmp_path / "new")
    assert not (tmp_path / "new").exists()
    write(tmp_path / "old", labelled())
    before = files(tmp_path / "old")
    with pytest.raises(error):
        interrupted(tmp_path / "old")
    assert files(tmp_path / "old") == before


def test_an_import_that_is_killed_at_its_end_leaves_no_label_of_unknown_structures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A label of the head alone would be taken for one in which CSP and LV were looked for and not seen."""
    write(tmp_path / "study", labelled())

    def killed(path: Path, text: str) -> None:
        if path.name == "datastore_v2.json":
            raise KeyboardInterrupt
        path.write_text(text)

    monkeypatch.setattr("fetal_head.datasets.entering.write_text", killed)
    with pytest.raises(KeyboardInterrupt):
        write(tmp_path / "study", Case("b", picture(1), (head() > 0).astype(np.uint8), ("BRAIN",)))
    assert sorted(path.name for path in (tmp_path / "study/labels/final").iterdir()) == ["a.nrrd"]


def test_a_killed_import_can_be_repeated(tmp_path: Path) -> None:
    """What a process that was killed leaves is a hidden folder, which is no reason to refuse."""
    (tmp_path / ".import-abc").mkdir()
    write(tmp_path, labelled())
    assert (tmp_path / "datastore_v2.json").exists()


def test_folders_that_are_no_study(tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full/letter.txt").touch()
    with pytest.raises(ValueError, match="is not empty and holds no earlier import"):
        write(tmp_path / "full")
    with pytest.raises(ValueError, match="is a file"):
        write(tmp_path / "full/letter.txt")
    for text, message in (("{", "is damaged"), ("[]", "is no index")):
        (tmp_path / "full/datastore_v2.json").write_text(text)
        with pytest.raises(ValueError, match=message):
            write(tmp_path / "full")
    assert sorted(p.name for p in (tmp_path / "full").iterdir()) == ["datastore_v2.json", "letter.txt"]


def test_deep_grey_values_are_kept(tmp_path: Path) -> None:
    deep = np.random.default_rng(0).integers(0, 65536, SHAPE).astype(np.float32)
    write(tmp_path, Case("a", deep))
    np.testing.assert_array_equal(read_image(tmp_path / "a.png")[0], deep)


@pytest.mark.parametrize("highest", [0.5, 1, 3, 6, 254.7])
def test_fractions_are_spread_over_the_range(tmp_path: Path, highest: float) -> None:
    """A handful of greys would be left of 0..6 by rounding."""
    image = (picture(0) * (highest / 255)).astype(np.float32)
    write(tmp_path, Case("a", image))
    kept = read_image(tmp_path / "a.png")[0]
    assert len(np.unique(kept)) == len(np.unique(image))
    np.testing.assert_allclose(kept / 65535, (image - image.min()) / np.ptp(image), atol=1e-5)
