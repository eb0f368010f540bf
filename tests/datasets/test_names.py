from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fetal_head.datasets.names import files_in, safe_id, stem_of


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("Patient00644_Plane3_1_of_3.png", "Patient00644_Plane3_1_of_3"),
        ("a.b.nii.gz", "a.b"),
        ("a.seg.nrrd", "a"),
        ("default\\sub/x.PNG", "x"),
        ("no extension 1.5", "no extension 1.5"),
    ],
)
def test_stem(name: str, stem: str) -> None:
    assert stem_of(name) == stem
    assert stem_of(Path(name.replace("\\", "/"))) == stem


def test_an_id_has_no_separator_and_is_not_hidden() -> None:
    assert safe_id("../../etc/passwd") == "_.._etc_passwd"
    assert safe_id(".hidden") == "hidden"
    assert safe_id("Müller 1-2_3.4") == "M_ller 1-2_3.4"
    assert safe_id(" .. ") == "image"
    assert safe_id("a.seg") == "a_seg", "a.seg.nrrd would be a label of a"


@given(st.text(max_size=40))
def test_an_id_is_a_plain_file_name_and_stays_one(text: str) -> None:
    made = safe_id(text)
    assert made
    assert Path("x", made).parent == Path("x")
    assert Path(made).name == made
    assert not made.startswith(".")
    assert safe_id(made) == made


def test_files_are_sorted_and_hidden_ones_left_out(tmp_path: Path) -> None:
    for name in ("b.png", "a.PNG", ".c.png", "d.txt"):
        (tmp_path / name).touch()
    (tmp_path / "e.png").mkdir()
    assert [path.name for path in files_in(tmp_path)] == ["a.PNG", "b.png"]
    assert files_in(tmp_path / "none") == []
