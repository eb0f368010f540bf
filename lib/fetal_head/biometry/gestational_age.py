"""Gestational age from the head circumference."""

from __future__ import annotations

import math

# Beyond these the regressions were never fitted: no age is better than a made-up one
HADLOCK_HC_MM = (56.0, 375.0)
INTERGROWTH_HC_MM = (100.0, 375.0)


def hadlock_weeks(hc_mm: float) -> float | None:
    """Weeks by Hadlock 1984 (Radiology 152:497): 8.96 + 0.540 HC + 0.0003 HC^3 with HC in cm; None outside 56..375 mm."""
    if not HADLOCK_HC_MM[0] <= hc_mm <= HADLOCK_HC_MM[1]:
        return None
    hc = hc_mm / 10
    return 8.96 + 0.540 * hc + 0.0003 * hc**3


def intergrowth_weeks(hc_mm: float) -> float | None:
    """Weeks by INTERGROWTH-21st (Papageorghiou 2016, Ultrasound Obstet Gynecol 48:719); None outside 100..375 mm.

    Days = exp(0.05970 ln(HC)^2 + 6.409e-9 HC^3 + 3.3258), HC in mm.
    """
    if not INTERGROWTH_HC_MM[0] <= hc_mm <= INTERGROWTH_HC_MM[1]:
        return None
    days = math.exp(0.05970 * math.log(hc_mm) ** 2 + 6.409e-9 * hc_mm**3 + 3.3258)
    return days / 7
