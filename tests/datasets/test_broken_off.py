"""An import that is killed while its files come into the study: the next one lets in what lacks."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from datasets.trees import head, picture
from fetal_head.csv_text import as_csv
from fetal_head.datasets.case import Case
from fetal_head.datasets.entering import COMING, STAGING
from fetal_head.datasets.study import DifferentError, RedundantError, StudyWriter
from fetal_head.datasets.summary import COLUMNS, read_rows
from fetal_head.imaging import read_geometry, write_mask
from fetal_head.labels import NAMES

# after so many files were put in their place: of two images, the summary, the index and two labels
STEPS = range(8)


class KilledError(BaseException):
    """In the place of a signal."""


def _case(case_id: str) -> Case:
    seed = ord(case_id)
    return Case(case_id, picture(seed), head(), NAMES, f"p{seed}", "trans-ventricular", (0.1, 0.2), source=f"{case_id}.png")


def _import(to: Path, *case_ids: str) -> list[type[Exception]]:
    """What was said of those that are not taken."""
    said = []
    with StudyWriter(to) as study:
        for case_id in case_ids:
            try:
                study.add(_case(case_id))
            except ValueError as error:
                said.append(type(error))
    return said


def _killed(to: Path, step: int, patch: pytest.MonkeyPatch) -> bool:
    """Whether an import of b and c is killed before it puts that file in its place, which leaves what it had made."""
    replace, done = Path.replace, 0

    def replace_some(source: Path, target: Path) -> None:
        nonlocal done
        if STAGING not in str(target) or Path(target).name == "coming.json":
            if done == step:
                patch.setattr(shutil, "rmtree", lambda *_, **__: None)
                raise KilledError
            done += 1
        replace(source, target)

    with patch.context() as inner:
        inner.setattr(Path, "replace", replace_some)
        try:
            _import(to, "b", "c")
        except KilledError:
            return True
    return False


def _files(to: Path) -> dict[str, object]:
    """All that is in a study, less the times at which it was written."""
    found: dict[str, object] = {p.relative_to(to).as_posix(): p.read_bytes() for p in to.rglob("*") if p.is_file()}
    index = json.loads((to / "datastore_v2.json").read_text())
    for entry in index["objects"].values():
        for each in (entry["image"], *entry["labels"].values()):
            del each["info"]["ts"]
    # numbers that are read back from a table are texts
    return found | {"datastore_v2.json": index["objects"], "summary.csv": as_csv(read_rows(to / "summary.csv"), COLUMNS)}


@pytest.mark.parametrize("is_new", [True, False])
@pytest.mark.parametrize("step", STEPS)
def test_an_import_that_is_killed_at_any_moment_is_repeated_as_if_nothing_had_been(
    tmp_path: Path, step: int, is_new: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("killed", "whole"):
        if not is_new:
            _import(tmp_path / name, "a")
    with monkeypatch.context() as patch:
        assert _killed(tmp_path / "killed", step, patch) == (step < 7)
    said = _import(tmp_path / "killed", "b", "c")
    assert said == ([RedundantError] * 2 if step else [])
    _import(tmp_path / "whole", "b", "c")
    assert _files(tmp_path / "killed") == _files(tmp_path / "whole")


def test_what_somebody_put_there_meanwhile_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _import(tmp_path, "a")
    with monkeypatch.context() as patch:
        assert _killed(tmp_path, 2, patch), "b is there, c is not"
    (tmp_path / "c.jpg").write_bytes(b"another picture")
    (tmp_path / "labels/final/b.nii.gz").write_bytes(b"another label")
    _import(tmp_path, "d")
    assert sorted(path.name for path in tmp_path.glob("[a-d].*")) == ["a.png", "b.png", "c.jpg", "d.png"]
    assert sorted(path.name for path in (tmp_path / "labels/final").iterdir()) == ["a.nrrd", "b.nii.gz", "d.nrrd"]
    assert [row["image"] for row in read_rows(tmp_path / "summary.csv")] == ["a", "b", "d"]
    assert sorted(json.loads((tmp_path / "datastore_v2.json").read_text())["objects"]) == ["a", "b", "d"]
    assert not [*tmp_path.glob(f"{STAGING}*")]


def test_what_the_index_says_of_a_label_is_not_said_of_the_one_that_somebody_put_in_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        assert _killed(tmp_path, 2, patch), "b and c are there, their labels are not"
    (tmp_path / "labels/final").mkdir(parents=True)
    write_mask(tmp_path / "labels/final/b.nrrd", head(brain=False), read_geometry(tmp_path / "b.png"))
    copied = (tmp_path / "labels/final/b.nrrd").read_bytes()
    _import(tmp_path, "d")
    assert (tmp_path / "labels/final/b.nrrd").read_bytes() == copied
    objects = json.loads((tmp_path / "datastore_v2.json").read_text())["objects"]
    assert objects["b"]["labels"] == {}
    assert objects["b"]["image"]["info"]["patient"] == f"p{ord('b')}"
    assert objects["c"]["labels"]["final"]["info"]["annotated"] == [*NAMES]
    # whoever imports again learns that the study has another label
    assert _import(tmp_path, "b", "c") == [DifferentError, RedundantError]


@pytest.mark.parametrize("other", [b"another picture", None])
def test_no_label_is_laid_beside_a_picture_that_took_the_place_of_its_own(
    tmp_path: Path, other: bytes | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    _import(tmp_path, "a")
    with monkeypatch.context() as patch:
        assert _killed(tmp_path, 2, patch), "b is there, c is not"
    (tmp_path / "b.png").unlink()
    if other:
        (tmp_path / "b.png").write_bytes(other)
    _import(tmp_path, "d")
    assert sorted(path.name for path in (tmp_path / "labels/final").iterdir()) == ["a.nrrd", "c.nrrd", "d.nrrd"]
    assert sorted(json.loads((tmp_path / "datastore_v2.json").read_text())["objects"]) == ["a", "c", "d"]


def test_an_import_that_an_earlier_version_broke_off_is_brought_to_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        assert _killed(tmp_path, 2, patch), "b is there, c is not"
    (coming,) = tmp_path.glob(f"{STAGING}*/{COMING}")
    told = json.loads(coming.read_text())
    del told["digests"]
    coming.write_text(json.dumps(told))
    _import(tmp_path, "d")
    assert sorted(json.loads((tmp_path / "datastore_v2.json").read_text())["objects"]) == ["b", "c", "d"]
