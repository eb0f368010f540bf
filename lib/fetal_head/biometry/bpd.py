"""The biparietal diameter with callipers laid as Hadlock laid them."""

from __future__ import annotations

# Wong 2018, Australas J Ultrasound Med 21:161, n = 543, 14-40 weeks: BPD_oo = 0.555934 + 1.027318 BPD_oi, in mm
_OFFSET_MM, _SLOPE = 0.555934, 1.027318


def outer_inner(outer_outer_mm: float) -> float | None:
    """BPD from the outer edge of the near skull to the inner edge of the far one, as Hadlock measured it; mm.

    None for a speck that is thinner than a skull.

    The inverse of Wong's line. Wong's other line, fitted for this direction (-0.403458 + 0.9714153 BPD_oo), differs by less than
    0.1 mm.
    """
    found = (outer_outer_mm - _OFFSET_MM) / _SLOPE
    return found if found > 0 else None
