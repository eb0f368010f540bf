from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from datasets.trees import SHAPE, head, picture
from fetal_head.datasets.case import Case


def test_a_case_puts_its_structures_in_order_and_makes_its_id_safe() -> None:
    case = Case("a/b", picture(0), head(), ("LV", "BRAIN", "CSP"))
    assert case.id == "a_b"
    assert case.annotated == ("BRAIN", "CSP", "LV")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"image": np.zeros((*SHAPE, 3))}, "an image has shape"),
        ({"mask": None}, "come together"),
        ({"annotated": ()}, "come together"),
        ({"mask": head().T}, "transposed"),
        ({"mask": head() * 2}, "the mask holds the value"),
        ({"annotated": ("BRAIN", "LV")}, "the mask holds CSP, which is not among the annotated"),
        ({"annotated": ("BRAIN", "CSP", "LV", "femur")}, "no structure is called femur"),
        ({"spacing": (3.0, 3.0)}, "said to have pixels of 3 mm"),
        ({"patient": "\ud800"}, "holds what is no character"),
    ],
)
def test_what_does_not_fit_together(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Case(**{"id": "a", "image": picture(0), "mask": head(), "annotated": ("BRAIN", "CSP", "LV"), **changes})
