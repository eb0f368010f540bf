"""Files that are wholly there or not at all."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from fetal_head.files import WRITING, clear_strays, replacing, suffix_of, temporary_folder, temporary_in, write_text


def test_an_error_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "a.txt"
    write_text(path, "old")

    def torn() -> None:
        with replacing(path) as temporary:
            temporary.write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        torn()
    assert path.read_text() == "old"
    assert list(path.parent.iterdir()) == [path]
    write_text(path, "new")
    assert path.read_text() == "new"


@pytest.mark.parametrize(
    ("name", "suffix"),
    [("a.nii.gz", ".nii.gz"), ("b.SEG.NRRD", ".seg.nrrd"), ("c.x.png", ".png"), ("d", ""), ("e.tar.gz", ".gz")],
)
def test_suffix_of(name: str, suffix: str) -> None:
    assert suffix_of(Path("folder.d") / name) == suffix


def test_what_a_killed_process_was_writing_is_cleared_and_nothing_else(tmp_path: Path) -> None:
    stray, other = tmp_path / f"{WRITING}x.json", tmp_path / "a.json"
    for path in (stray, other):
        path.touch()
    with temporary_in(tmp_path) as held:
        clear_strays(tmp_path)
        assert sorted(tmp_path.iterdir()) == sorted([held, other])
    assert list(tmp_path.iterdir()) == [other]


def test_the_folder_of_a_killed_process_is_cleared_and_one_that_is_used_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    keeps_one = "(c := temporary_folder()).__enter__().joinpath('upload').touch()"
    code = f"import os; from fetal_head.files import temporary_folder; {keeps_one}; os._exit(9)"
    subprocess.run([sys.executable, "-c", code], env={**os.environ, "TMPDIR": str(tmp_path)}, check=False)
    assert len(list(tmp_path.glob("*/upload"))) == 1
    with temporary_folder() as held:
        clear_strays(tmp_path)
        assert list(tmp_path.iterdir()) == [held]
    assert list(tmp_path.iterdir()) == []
