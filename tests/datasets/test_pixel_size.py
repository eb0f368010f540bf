from __future__ import annotations

from pathlib import Path

import pytest

from fetal_head.datasets.pixel_size import ONE_VALUE, PER_AXIS, read_pixel_sizes


def read(tmp_path: Path, text: str, encoding: str = "utf-8") -> dict[str, tuple[float, float] | None]:
    path = tmp_path / "sizes.csv"
    path.write_text(text, encoding=encoding)
    return {stem: size.spacing for stem, size in read_pixel_sizes(path).items()}


@pytest.mark.parametrize(
    "text",
    [
        "filename,pixel size(mm),head circumference (mm)\r\na.png,0.1,44.3\r\n",
        "Label,Pixel  in mm\na.png,0.1\n",
        "Pixel in mm,Label\n0.1,a.png\n",
        "Nr;File Name;Pixel in mm\n1;a.png;0,1\n",
        "head circumference,filename,mm per pixel\n44,a,0.1\n",
        "whatever,pixels (mm)\na.png,0.1\n",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_one_value_under_any_header(tmp_path: Path, text: str, encoding: str) -> None:
    assert read(tmp_path, text, encoding) == {"a": (0.1, 0.1)}
    assert read_pixel_sizes(tmp_path / "sizes.csv")["a"].note == ONE_VALUE


def test_a_value_per_axis(tmp_path: Path) -> None:
    assert read(tmp_path, "filename,column_mm,row_mm\na.png,0.2,0.1\n") == {"a": (0.1, 0.2)}
    assert read_pixel_sizes(tmp_path / "sizes.csv")["a"].note == PER_AXIS


def test_rows_without_a_positive_number_are_left_out(tmp_path: Path) -> None:
    values = ["", "n/a", "0", "-1", "nan", "inf"]
    rows = "".join(f"{i}.png,{value}\n" for i, value in enumerate(values))
    assert read(tmp_path, f"filename,pixel mm\n{rows}short\n\nlast.png,1\n") == {"last": (1.0, 1.0)}


def test_no_table_at_all(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"sizes.csv: "):
        read(tmp_path, "filename,mm\n" + "x" * 200_000)


@pytest.mark.parametrize("text", ["", "\n", "filename,age\na.png,3\n"])
def test_no_table_of_sizes(tmp_path: Path, text: str) -> None:
    with pytest.raises(ValueError, match=r"sizes.csv: no column holds a pixel size in mm"):
        read(tmp_path, text)
