from __future__ import annotations

import re
from pathlib import Path

import pytest

from fetal_head.datasets.pixel_size import ONE_VALUE, PER_AXIS, read_circumferences, read_pixel_sizes


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


@pytest.mark.parametrize(
    "headers",
    ["column_mm,row_mm", "pixel_width_mm,pixel_height_mm", "pixel size x (mm),pixel size y (mm)", "mm per pixel X,mm/pixel y"],
)
def test_a_value_per_axis(tmp_path: Path, headers: str) -> None:
    assert read(tmp_path, f"filename,{headers}\na.png,0.2,0.1\n") == {"a": (0.1, 0.2)}
    assert read_pixel_sizes(tmp_path / "sizes.csv")["a"].note == PER_AXIS


def test_what_else_is_counted_or_measured_is_no_pixel_size(tmp_path: Path) -> None:
    headers = "filename,pixels,head circumference (mm),brain pixels,pixel area (mm2),pixels per mm,mm_per_pixel"
    assert read(tmp_path, f"{headers}\na.png,959,175,9000,0.01,10,0.1\n") == {"a": (0.1, 0.1)}


@pytest.mark.parametrize(
    "header",
    ["head circumference (mm)", "pixels", "pixel size", "mm", "pixels/mm", "pixel area (mm²)", "width_mm", "comment"],
)
def test_without_pixel_and_mm_a_column_is_no_pixel_size(tmp_path: Path, header: str) -> None:
    with pytest.raises(ValueError, match=r"sizes.csv: no column holds a pixel size in mm; its columns are filename"):
        read(tmp_path, f"filename,{header}\na.png,0.1\n")


@pytest.mark.parametrize("unit", ["cm", "um", "µm", "μm"])
def test_other_units_are_refused(tmp_path: Path, unit: str) -> None:
    with pytest.raises(ValueError, match=rf"sizes.csv: 'pixel size \({unit}\)' is in {unit}; give the size of a pixel in mm"):
        read(tmp_path, f"filename,pixel size ({unit})\na.png,0.1\n")


@pytest.mark.parametrize(
    "headers",
    [
        "pixel size (mm),pixel spacing (mm)",
        "pixel_width_mm",
        "pixel_x_mm,pixel_width_mm",
        "pixel_width_mm,pixel_height_mm,mm per pixel",
    ],
)
def test_columns_that_leave_a_choice_are_refused(tmp_path: Path, headers: str) -> None:
    row = ",".join(["a.png", *("0.1" for _ in headers.split(","))])
    with pytest.raises(ValueError, match="give one column for both axes, or one for the width of a pixel and one for its height"):
        read(tmp_path, f"filename,{headers}\n{row}\n")


@pytest.mark.parametrize("value", ["0.0099", "2.1", "175"])
def test_what_no_pixel_measures_is_refused(tmp_path: Path, value: str) -> None:
    with pytest.raises(ValueError, match=rf"sizes.csv: b is said to have pixels of {value} mm; .* 0.01 to 2 mm"):
        read(tmp_path, f"filename,pixel size (mm)\na.png,0.1\nb.png,{value}\n")


def test_rows_without_a_positive_number_are_left_out(tmp_path: Path) -> None:
    values = ["", " ", "-", "n/a", "Unknown", "0", "-1", "nan", "inf"]
    rows = "".join(f"{i}.png,{value}\n" for i, value in enumerate(values))
    assert read(tmp_path, f"filename,pixel mm\n{rows}short\n\nlast.png,1\n") == {"last": (1.0, 1.0)}


@pytest.mark.parametrize("cell", ["0.1 mm", "0.1mm", "~0.1", "0.1.2", "=1+1"])
def test_a_cell_that_cannot_be_read_is_told(tmp_path: Path, cell: str) -> None:
    """It would leave one image of many without millimetres, and nobody would see."""
    with pytest.raises(ValueError, match=rf"sizes.csv: the row of b has '{re.escape(cell)}' as pixel mm: write a number without"):
        read(tmp_path, f"filename,pixel mm\na.png,0.1\nb.png,{cell}\n")


@pytest.mark.parametrize(
    "text",
    [
        "filename,pixel size (mm)\na.png,1,1\n",
        "filename,pixel size(mm),head circumference (mm)\na.png,0,069,44,3\n",
        "filename,row_mm,column_mm\na.png,1,2,1,1\n",
    ],
)
def test_decimal_commas_that_cut_a_row_into_more_cells_are_no_numbers(tmp_path: Path, text: str) -> None:
    with pytest.raises(
        ValueError, match=r"sizes.csv: the row of a.png has more cells than there are headers: put what has a comma"
    ):
        read(tmp_path, text)


def test_empty_cells_beyond_the_headers_are_nothing(tmp_path: Path) -> None:
    assert read(tmp_path, "filename,pixel mm\na.png,0.1,,\n") == {"a": (0.1, 0.1)}


def test_two_sizes_of_one_image_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"sizes.csv: two rows are of a, 0.1 x 0.1 and 0.2 x 0.2; keep the one that is right"):
        read(tmp_path, "filename,pixel mm\na.png,0.1\na.bmp,0.2\n")
    assert read(tmp_path, "filename,pixel mm\na.png,0.1\na.png,0.10\n") == {"a": (0.1, 0.1)}


def test_two_circumferences_of_one_image_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "sizes.csv"
    path.write_text("filename,pixel mm,head circumference (mm)\na.png,0.1,170\na.png,0.1,180\n")
    with pytest.raises(ValueError, match=r"sizes.csv: two rows are of a, 170 and 180"):
        read_circumferences(path)


@pytest.mark.parametrize("row", ["a.png,0.1,44 mm", "a.png,0,1,44"])
def test_a_circumference_that_cannot_be_read_is_told(tmp_path: Path, row: str) -> None:
    path = tmp_path / "sizes.csv"
    path.write_text(f"filename,pixel mm,head circumference (mm)\n{row}\n")
    with pytest.raises(ValueError, match=r"sizes.csv: the row of a"):
        read_circumferences(path)


def test_no_table_at_all(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"sizes.csv: "):
        read(tmp_path, "filename,pixel mm\n" + "x" * 200_000)


@pytest.mark.parametrize("text", ["", "\n", "filename,age\na.png,3\n"])
def test_no_table_of_sizes(tmp_path: Path, text: str) -> None:
    with pytest.raises(ValueError, match=r"sizes.csv: no column holds a pixel size in mm"):
        read(tmp_path, text)


@pytest.mark.parametrize("other", ["abdominal circumference (mm)", "circumference measured by", "HC_circumference_error"])
def test_only_the_heads_circumference_counts(tmp_path: Path, other: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"filename,pixel mm,{other},head circumference (mm)\na.png,0.1,150,175\n")
    assert read_circumferences(path) == {"a": 175}
    path.write_text(f"filename,pixel mm,{other}\na.png,0.1,150\n")
    assert read_circumferences(path) == {}


def test_a_circumference_in_another_unit_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("filename,pixel mm,Head circumference (cm)\na.png,0.1,17.5\n")
    with pytest.raises(ValueError, match=r"a\.csv: 'head circumference \(cm\)' is not in mm; give the circumference of the head"):
        read_circumferences(path)
