"""What can be measured in one mask."""

from __future__ import annotations

from dataclasses import dataclass

from fetal_head.labels import BRAIN, CSP, LV

# the lengths by which two masks are compared, and the structure that gives each
MEASUREMENTS = {"hc": BRAIN.name, "bpd": BRAIN.name, "ofd": BRAIN.name, "csp_width": CSP.name, "lv_width": LV.name}


@dataclass(frozen=True)
class Biometry:
    """What can be measured in one mask. Lengths are in `unit`; None says that it could not be measured.

    Attributes:
        unit: "mm", or "px" when nobody knows the pixel size: then there are no ages, z-scores and centiles, and no
            `bpd_outer_inner`, whose formula is in mm.
        hc: head circumference, the perimeter of the ellipse on the outer edge of the skull.
        hc_axes: the same as pi (BPD + OFD) / 2, the way of two callipers; 0.4 % lower at a cephalic index of 78.
        bpd: biparietal diameter, outer to outer: its minor axis.
        bpd_outer_inner: the same as Hadlock measured it, see `bpd.outer_inner`.
        ofd: occipito-frontal diameter, outer to outer: its major axis.
        ci: cephalic index, 100 BPD / OFD. A ratio: with pixels that are not square and of unknown size it is distorted too.
        csp_width: extent of the CSP across the midline (perpendicular to the head's major axis).
        lv_width: extent of the LV across its own long axis.
        ga_hadlock_weeks, ga_intergrowth_weeks: gestational age from HC.
        ga_hadlock_bpd_weeks: gestational age from `bpd_outer_inner`.
        weeks: the gestational age known from dating that z-scores and centiles are for, as it was given.
        hc_z, bpd_z, ofd_z, lv_width_z: SD above the mean of INTERGROWTH-21st at `weeks`; None without `weeks`, see `growth`.
        hc_centile, bpd_centile, ofd_centile, lv_width_centile: the same in percent, 0..100.
        head_cut: the head touches the image's border, so HC, BPD, OFD and all that follows from them are not given.
        lv_cut: the LV touches the image's border, so its width is not given: the rest of it may be wider.
        in_pieces: BRAIN, CSP or LV is in several pieces, of which the largest is measured, or what is left of BRAIN is no head.
        flags: names of what a person should look at, see `flags.FLAGS`.
    """

    unit: str
    hc: float | None = None
    hc_axes: float | None = None
    bpd: float | None = None
    bpd_outer_inner: float | None = None
    ofd: float | None = None
    ci: float | None = None
    csp_width: float | None = None
    lv_width: float | None = None
    ga_hadlock_weeks: float | None = None
    ga_intergrowth_weeks: float | None = None
    ga_hadlock_bpd_weeks: float | None = None
    weeks: float | None = None
    hc_z: float | None = None
    hc_centile: float | None = None
    bpd_z: float | None = None
    bpd_centile: float | None = None
    ofd_z: float | None = None
    ofd_centile: float | None = None
    lv_width_z: float | None = None
    lv_width_centile: float | None = None
    head_cut: bool = False
    lv_cut: bool = False
    in_pieces: bool = False
    flags: tuple[str, ...] = ()
