from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from datasets.trees import head, picture
from fetal_head.csv_text import as_csv
from fetal_head.datasets.case import Case
from fetal_head.datasets.pixel_size import ONE_VALUE
from fetal_head.datasets.summary import COLUMNS, read_rows, summary_row


def test_a_labelled_case() -> None:
    mask = head(brain=False)
    case = Case("a", picture(0), mask, ("CSP", "LV"), "p", "trans-thalamic", (0.1, 0.2), ONE_VALUE, "x/a.png")
    row = summary_row(case)
    assert tuple(row) == COLUMNS
    assert list(row.values())[:8] == ["a", "p", "trans-thalamic", 0.1, 0.2, ONE_VALUE, "CSP LV", None]
    assert [row["CSP_pixels"], row["LV_pixels"]] == [np.count_nonzero(mask == 2), np.count_nonzero(mask == 3)]


def test_the_head_is_as_large_whether_or_not_anything_in_it_is_annotated() -> None:
    whole, alone = head(), (head() > 0).astype(np.uint8)
    rows = [summary_row(Case("a", picture(0), *drawn)) for drawn in ((whole, ("BRAIN", "CSP", "LV")), (alone, ("BRAIN",)))]
    assert [row["BRAIN_pixels"] for row in rows] == [np.count_nonzero(whole)] * 2


def test_what_is_unknown_is_empty_in_the_table() -> None:
    text = as_csv([summary_row(Case("a", picture(0)))], COLUMNS)
    assert next(csv.DictReader(text.splitlines())) == {
        **dict.fromkeys(COLUMNS, ""),
        "image": "a",
        "plane": "unknown",
        "pixel_size": "unknown",
    }


def test_a_table_is_read_back(tmp_path: Path) -> None:
    path = tmp_path / "summary.csv"
    assert read_rows(path) == []
    text = as_csv([summary_row(Case("a", picture(0), head(), ("BRAIN", "CSP", "LV"), source='odd, "name"'))], COLUMNS)
    path.write_text(text)
    assert as_csv(read_rows(path), COLUMNS) == text
