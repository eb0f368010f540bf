"""What of a mask is measured: each structure in one piece and without holes, whoever drew it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from fetal_head.imaging import Mask
from fetal_head.imaging.mask import Region, largest_component, region_of
from fetal_head.labels import BRAIN, CSP, LV


@dataclass(frozen=True)
class Regions:
    """The largest piece of each structure of a mask, each (rows, columns).

    Attributes:
        head: with everything inside it; empty where no pixel is BRAIN, or CSP and LV make up half of it.
        csp, lv: empty where there is none.
        cut: the head touches the image's border.
        lv_cut: the LV does.
        in_pieces: a structure has other pieces, which are not measured, as what is left of a BRAIN that is no head.
    """

    head: Region
    csp: Region
    lv: Region
    cut: bool
    lv_cut: bool
    in_pieces: bool


def regions_of(mask: Mask) -> Regions:
    """The regions of one (rows, columns) mask."""
    # without a BRAIN pixel the head was not annotated, and what is left of it is no head
    brain = mask == BRAIN.value
    whole = region_of(mask, BRAIN.name) if brain.any() else brain
    drawn = (whole, mask == CSP.value, mask == LV.value)
    head, csp, lv = (_largest(region) for region in drawn)
    # where most of BRAIN was erased, the CSP or LV to which the rest of it clings would be measured as the head
    if 2 * np.count_nonzero(head & (drawn[1] | drawn[2])) >= np.count_nonzero(head):
        head = np.zeros_like(head)
    in_pieces = any(np.count_nonzero(a) > np.count_nonzero(b) for a, b in zip(drawn, (head, csp, lv), strict=True))
    return Regions(head, csp, lv, _touches_border(head), _touches_border(lv), in_pieces)


def spoken_of(mask: Mask, annotated: Iterable[str]) -> tuple[str, ...]:
    """Those of the annotated structures of which a (rows, columns) mask can speak: without BRAIN where it has no head.

    Who erases a head that the field of view cuts may overlook some pixels, and CSP and LV would be taken for it.
    """
    has_head = regions_of(mask).head.any()
    return tuple(name for name in annotated if has_head or name != BRAIN.name)


def _touches_border(region: Region) -> bool:
    return bool(region[0].any() or region[-1].any() or region[:, 0].any() or region[:, -1].any())


def _largest(region: Region) -> Region:
    """Pieces are told apart as the eye does: pixels that meet at a corner belong together."""
    return largest_component(region, diagonal=True)
