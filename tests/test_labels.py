"""Names that people and programs use for the structures."""

from __future__ import annotations

import pytest

from fetal_head.labels import BRAIN, CSP, LV, NAMES, STRUCTURES, in_order, structure_of


@pytest.mark.parametrize(
    ("name", "structure"),
    [
        ("BRAIN", BRAIN),
        ("brain", BRAIN),
        ("Head", BRAIN),
        ("csp", CSP),
        ("Cavum_septi-pellucidi", CSP),
        ("lateral  ventricle", LV),
        ("LV ", LV),
        ("cerebellum", None),
        ("", None),
    ],
)
def test_structure_of(name: str, structure: object) -> None:
    assert structure_of(name) is structure


def test_values_follow_the_list_because_slicer_counts_by_it() -> None:
    assert [s.value for s in STRUCTURES] == [1, 2, 3]
    assert NAMES == ("BRAIN", "CSP", "LV")


def test_in_order() -> None:
    assert in_order(["LV", "BRAIN", "LV"]) == ("BRAIN", "LV")
    with pytest.raises(ValueError, match="no structure is called SKULL"):
        in_order(["SKULL"])
