"""What a person is told to look at."""

from __future__ import annotations

import numpy as np
import pytest

from fetal_head.biometry import Biometry, measure
from fetal_head.biometry.flags import FLAGS, LOW_CONFIDENCE, SENTENCES, raised_flags


def test_an_ordinary_head_raises_nothing() -> None:
    ordinary = Biometry("mm", hc=250, ci=78.3, lv_width=6, head_cut=False)
    assert raised_flags(ordinary, {"BRAIN": 0.98, "CSP": 0.9, "LV": None}) == ()
    assert raised_flags(Biometry("mm")) == ()


@pytest.mark.parametrize(
    ("ci", "raised"),
    # people see a decimal: 73.96 is 74.0 for them
    [(73.9, True), (73.96, False), (74.0, False), (78.3, False), (83.0, False), (83.04, False), (83.1, True), (None, False)],
)
def test_cephalic_index(ci: float | None, raised: bool) -> None:
    assert ("cephalic_index" in raised_flags(Biometry("mm", ci=ci))) == raised
    assert ("cephalic_index" in raised_flags(Biometry("px", ci=ci))) == raised, "a ratio needs no millimetres"


@pytest.mark.parametrize(("width", "raised"), [(9.94, False), (9.96, True), (10.0, True), (16.0, True), (None, False)])
def test_ventriculomegaly(width: float | None, raised: bool) -> None:
    assert ("ventriculomegaly" in raised_flags(Biometry("mm", lv_width=width))) == raised
    assert "ventriculomegaly" not in raised_flags(Biometry("px", lv_width=width)), "ten pixels are no ten millimetres"


def test_low_confidence_is_of_what_was_found() -> None:
    found = Biometry("mm")
    assert raised_flags(found, {"BRAIN": 0.98, "LV": LOW_CONFIDENCE - 0.01}) == ("low_confidence",)
    assert raised_flags(found, {"BRAIN": 0.98, "LV": LOW_CONFIDENCE}) == ()
    assert raised_flags(found, {"BRAIN": 0.98, "CSP": None, "LV": None}) == ()


def test_flags_of_a_measured_mask() -> None:
    mask = np.zeros((100, 100), np.uint8)
    mask[0:60, 10:80] = 1
    mask[20:45, 30:60] = 3
    assert measure(mask, (0.5, 0.5)).flags == ("head_cut", "ventriculomegaly")
    assert measure(mask, None, confidence={"BRAIN": 0.5}).flags == ("no_pixel_size", "head_cut", "low_confidence")


def test_every_flag_has_a_name_for_programs_and_a_sentence_for_people() -> None:
    assert list(SENTENCES) == [flag.name for flag in FLAGS], "names are unique"
    assert all(name.isidentifier() and name == name.lower() for name in SENTENCES)
    assert all(sentence[0].isupper() and sentence.endswith(".") for sentence in SENTENCES.values())
