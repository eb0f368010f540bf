"""A model that is measured by patients from whom it has learned."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from evaluation.oracle import evaluated, head
from evaluation.test_report import Page
from fetal_head.model.ancestry import Learned


@pytest.mark.parametrize(
    ("learned", "known", "sentence"),
    [
        (Learned(frozenset({"Patient1"}), whole=True), 2, "has learned from the patients of 2 of the 3 images"),
        (Learned(frozenset({"Patient1"}), whole=False), 2, "has learned from the patients of 2 of the 3 images"),
        (Learned(frozenset({"Patient3"}), whole=False), None, "Nobody can tell whether the model has learned"),
        (Learned(frozenset({"Patient3"}), whole=True), 0, ""),
    ],
)
def test_it_is_counted_and_said(tmp_path: Path, learned: Learned, known: int | None, sentence: str) -> None:
    images = {name: (head(), head()) for name in ("Patient1_a", "Patient1_b", "Patient2_a")}
    metrics = evaluated(tmp_path, images, learned=learned)
    assert metrics["learned_from"] == json.loads((tmp_path / "report" / "metrics.json").read_text())["learned_from"] == known
    page = Page(tmp_path / "report" / "report.html")
    warned = [attributes for attributes in page.all("p") if attributes.get("role") == "note"]
    assert len(warned) == bool(sentence)
    assert sentence in " ".join(page.text.split())


def test_of_a_model_without_a_file_nobody_can_tell(tmp_path: Path) -> None:
    assert evaluated(tmp_path, {"Patient1_a": (head(), head())})["learned_from"] is None
