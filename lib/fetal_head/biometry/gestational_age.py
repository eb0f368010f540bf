"""Gestational age from the size of the head."""

from __future__ import annotations

import math

# Both studies saw fetuses of 14 to 42 weeks. Beyond, the regressions were never fitted: no age is better than a made-up one
FITTED_WEEKS = (14.0, 42.0)
# mm; no head is so large, and far beyond it the formula is larger than any number
LARGEST_HC = 1000.0
# no pregnancy lasts so long
LONGEST_WEEKS = 50


def hadlock_weeks(hc_mm: float) -> float | None:
    """Weeks by Hadlock 1984 (Radiology 152:497) from HC: 8.96 + 0.540 HC + 0.0003 HC^3, HC in cm; None outside 14..42."""
    hc = hc_mm / 10
    return _fitted(8.96 + 0.540 * hc + 0.0003 * hc**3)


def hadlock_bpd_weeks(bpd_outer_inner_mm: float) -> float | None:
    """Weeks by Hadlock 1984 from BPD, outer to inner: 9.54 + 1.482 BPD + 0.1676 BPD^2, BPD in cm; None outside 14..42."""
    bpd = bpd_outer_inner_mm / 10
    return _fitted(9.54 + 1.482 * bpd + 0.1676 * bpd**2)


def intergrowth_weeks(hc_mm: float) -> float | None:
    """Weeks by INTERGROWTH-21st (Papageorghiou 2016, Ultrasound Obstet Gynecol 48:719) from HC; None outside 14..42.

    Days = exp(0.05970 ln(HC)^2 + 6.409e-9 HC^3 + 3.3258), HC in mm.
    """
    # ln(HC)^2 falls up to 1 mm, so that a speck would be as old as a head
    if not 1 <= hc_mm <= LARGEST_HC:
        return None
    days = math.exp(0.05970 * math.log(hc_mm) ** 2 + 6.409e-9 * hc_mm**3 + 3.3258)
    return _fitted(days / 7)


def check_age(what: str, weeks: float) -> None:
    """Raises ValueError, naming `what` was given, for weeks that no pregnancy lasts."""
    if not 0 < weeks < LONGEST_WEEKS:
        raise ValueError(f"{what} must be the age in weeks, less than {LONGEST_WEEKS:g}, not {weeks:g}")


def _fitted(weeks: float) -> float | None:
    return weeks if FITTED_WEEKS[0] <= weeks <= FITTED_WEEKS[1] else None
