"""The measurements of one mask."""

from __future__ import annotations

import math
from dataclasses import dataclass

from fetal_head.biometry.ellipse import fit_ellipse
from fetal_head.biometry.extent import extent, width
from fetal_head.biometry.gestational_age import hadlock_weeks, intergrowth_weeks
from fetal_head.imaging import Mask
from fetal_head.labels import BRAIN, CSP, LV


@dataclass(frozen=True)
class Biometry:
    """What can be measured in one mask. Lengths are in `unit`; None says that it could not be measured.

    Attributes:
        unit: "mm", or "px" when nobody knows the pixel size: then there are no ages either.
        hc: head circumference, the perimeter of the ellipse on the outer edge of the skull.
        bpd: biparietal diameter, outer to outer: its minor axis.
        ofd: occipito-frontal diameter, outer to outer: its major axis.
        ci: cephalic index, 100 BPD / OFD. A ratio: with pixels that are not square and of unknown size it is distorted too.
        csp_width: extent of the CSP across the midline (perpendicular to the head's major axis).
        lv_width: extent of the LV across its own long axis.
        ga_hadlock_weeks, ga_intergrowth_weeks: gestational age from HC.
        head_cut: the head touches the image's border, so HC, BPD, OFD and all that follows from them are not given.
    """

    unit: str
    hc: float | None = None
    bpd: float | None = None
    ofd: float | None = None
    ci: float | None = None
    csp_width: float | None = None
    lv_width: float | None = None
    ga_hadlock_weeks: float | None = None
    ga_intergrowth_weeks: float | None = None
    head_cut: bool = False


def measure(mask: Mask, spacing: tuple[float, float] | None) -> Biometry:
    """Measures a (rows, columns) mask; `spacing` is mm per pixel along (rows, columns), or None where unknown."""
    unit, scale = ("px", (1.0, 1.0)) if spacing is None else ("mm", spacing)
    lv_width = width(mask == LV.value, scale)
    # without a BRAIN pixel the head was not annotated, and what is left of it is no head
    head = mask > 0 if bool((mask == BRAIN.value).any()) else mask == BRAIN.value
    cut = bool(head[0].any() or head[-1].any() or head[:, 0].any() or head[:, -1].any())
    ellipse = fit_ellipse(head, scale)
    if ellipse is None or cut:
        return Biometry(unit, lv_width=lv_width, head_cut=cut)
    hc = ellipse.circumference
    return Biometry(
        unit,
        hc=hc,
        bpd=ellipse.minor,
        ofd=ellipse.major,
        ci=100 * ellipse.minor / ellipse.major,
        csp_width=extent(mask == CSP.value, ellipse.angle + math.pi / 2, scale),
        lv_width=lv_width,
        ga_hadlock_weeks=hadlock_weeks(hc) if spacing else None,
        ga_intergrowth_weeks=intergrowth_weeks(hc) if spacing else None,
    )
