"""From a mask and its pixel size to its measurements."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

from fetal_head.biometry import growth
from fetal_head.biometry.bpd import outer_inner
from fetal_head.biometry.ellipse import fit_ellipse
from fetal_head.biometry.extent import extent, width
from fetal_head.biometry.flags import Confidence, raised_flags
from fetal_head.biometry.gestational_age import hadlock_bpd_weeks, hadlock_weeks, intergrowth_weeks
from fetal_head.biometry.measurements import Biometry
from fetal_head.biometry.regions import regions_of
from fetal_head.imaging import Mask


def measure(
    mask: Mask, spacing: tuple[float, float] | None, *, weeks: float | None = None, confidence: Confidence | None = None
) -> Biometry:
    """Everything that can be told from one mask.

    Args:
        mask: (rows, columns).
        spacing: mm per pixel along (rows, columns), or None where unknown.
        weeks: gestational age known from dating, for z-scores and centiles. Never one computed from this head: see `growth`.
        confidence: the model's, by structure, for the flag of a low one.
    """
    found = _lengths(mask, spacing)
    if spacing is not None:
        found = _judged(found, weeks)
    return replace(found, weeks=weeks, flags=raised_flags(found, confidence))


def _lengths(mask: Mask, spacing: tuple[float, float] | None) -> Biometry:
    unit, scale = ("px", (1.0, 1.0)) if spacing is None else ("mm", spacing)
    regions = regions_of(mask)
    found = Biometry(
        unit,
        lv_width=None if regions.lv_cut else width(regions.lv, scale),
        head_cut=regions.cut,
        lv_cut=regions.lv_cut,
        in_pieces=regions.in_pieces,
    )
    ellipse = fit_ellipse(regions.head, scale)
    if ellipse is None or regions.cut:
        return found
    return replace(
        found,
        hc=ellipse.circumference,
        hc_axes=math.pi * (ellipse.minor + ellipse.major) / 2,
        bpd=ellipse.minor,
        ofd=ellipse.major,
        ci=100 * ellipse.minor / ellipse.major,
        csp_width=extent(regions.csp, ellipse.angle + math.pi / 2, scale),
    )


def _judged(found: Biometry, weeks: float | None) -> Biometry:
    """With what lengths in millimetres say of age and growth."""
    bpd_outer_inner = _of(outer_inner, found.bpd)
    return replace(
        found,
        bpd_outer_inner=bpd_outer_inner,
        ga_hadlock_weeks=_of(hadlock_weeks, found.hc),
        ga_intergrowth_weeks=_of(intergrowth_weeks, found.hc),
        ga_hadlock_bpd_weeks=_of(hadlock_bpd_weeks, bpd_outer_inner),
        hc_z=growth.HC.z_score(found.hc, weeks),
        hc_centile=growth.HC.centile(found.hc, weeks),
        bpd_z=growth.BPD.z_score(found.bpd, weeks),
        bpd_centile=growth.BPD.centile(found.bpd, weeks),
        ofd_z=growth.OFD.z_score(found.ofd, weeks),
        ofd_centile=growth.OFD.centile(found.ofd, weeks),
        lv_width_z=growth.LV.z_score(found.lv_width, weeks),
        lv_width_centile=growth.LV.centile(found.lv_width, weeks),
    )


def _of(formula: Callable[[float], float | None], length: float | None) -> float | None:
    return None if length is None else formula(length)
