from __future__ import annotations

from pathlib import Path

import pytest

from fetal_head.datasets.pixel_size import ONE_VALUE, PER_AXIS
from fetal_head.datasets.told_table import read_told


def _read(tmp_path: Path, text: str) -> dict[str, dict[str, object]]:
    (tmp_path / "images.csv").write_text(text)
    return read_told(tmp_path / "images.csv")


def test_patients_and_pixel_sizes(tmp_path: Path) -> None:
    told = _read(tmp_path, "image;patient;row_mm;column_mm\na.png;007;0,1;0,2\nb.nii.gz;unknown;0,1;0,1\nc;P 2;;\nd.png;;;\n")
    assert told == {
        "a": {"patient": "007", "spacing": [0.1, 0.2], "pixel_size": PER_AXIS},
        "b": {"spacing": [0.1, 0.1], "pixel_size": PER_AXIS},
        "c": {"patient": "P 2"},
    }
    assert _read(tmp_path, "Patient ID,File name\nP1,a.png\n") == {"a": {"patient": "P1"}}
    hc18 = _read(tmp_path, "filename,pixel size(mm),head circumference (mm)\na.png,0.1,44.3\n")
    assert hc18 == {"a": {"spacing": [0.1, 0.1], "pixel_size": ONE_VALUE}}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("image,who\na.png,P1\n", "images.csv: no column is called patient, and none holds a pixel size"),
        ("", "images.csv: no column is called patient"),
        ("image,patient\na.png,P1\na.jpg,P2\n", "images.csv: two rows are of a, P1 and P2; keep the one that is right"),
        ("image,patient,pixel size (cm)\na.png,P1,0.01\n", "images.csv: 'pixel size .cm.' is in cm"),
        ("image,patient,row_mm,column_mm\na.png,P1,10,10\n", "images.csv: a is said to have pixels of 10 mm"),
        ("image,patient\na.png,Smith, Ann\n", "images.csv: the row of a.png has more cells than there are headers"),
    ],
)
def test_tables_of_no_use(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        _read(tmp_path, text)


def test_names_in_another_code_are_not_taken_for_one(tmp_path: Path) -> None:
    """As spreadsheets write them unless they are asked for UTF-8: two patients would be one."""
    (tmp_path / "images.csv").write_bytes("image;patient\na.png;Müller\nb.png;Möller\n".encode("cp1252"))
    with pytest.raises(ValueError, match=r"images\.csv: the row of a holds letters that are not UTF-8; save the table as such"):
        read_told(tmp_path / "images.csv")


def test_of_several_columns_that_could_be_files_the_one_that_says_so_counts(tmp_path: Path) -> None:
    assert _read(tmp_path, "name,image,patient\nSmith,smith_1.png,P1\n") == {"smith_1": {"patient": "P1"}}
    assert _read(tmp_path, "label,patient,file name\nCSP,P1,smith_1.png\n") == {"smith_1": {"patient": "P1"}}
