"""What of a mask is measured: each structure in one piece and without holes, whoever drew it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from fetal_head.imaging import Mask
from fetal_head.imaging.mask import Region, bounding_box, largest_component, without_holes
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
    whole = mask > 0 if bool((mask == BRAIN.value).any()) else mask == BRAIN.value
    drawn = (_changed(whole, without_holes), mask == CSP.value, mask == LV.value)
    head, csp, lv = (_largest(region) for region in drawn)
    # where most of BRAIN was erased, the CSP or LV to which the rest of it clings would be measured as the head
    if 2 * np.count_nonzero(head & (drawn[1] | drawn[2])) >= np.count_nonzero(head):
        head = np.zeros_like(head)
    in_pieces = any(np.count_nonzero(a) > np.count_nonzero(b) for a, b in zip(drawn, (head, csp, lv), strict=True))
    return Regions(head, csp, lv, _touches_border(head), _touches_border(lv), in_pieces)


def _touches_border(region: Region) -> bool:
    return bool(region[0].any() or region[-1].any() or region[:, 0].any() or region[:, -1].any())


def _largest(region: Region) -> Region:
    """Pieces are told apart as the eye does: pixels that meet at a corner belong together."""
    return _changed(region, partial(largest_component, diagonal=True))


def _changed(region: Region, change: Callable[[Region], Region]) -> Region:
    """A change that nothing compact needs, made where the region is."""
    around = bounding_box(region)
    if around is None or _is_compact(region[around]):
        return region
    changed = np.zeros_like(region)
    changed[around] = change(region[around])
    return changed


def _is_compact(region: Region) -> bool:
    """Whether each row holds one run of pixels that touches the one above: then there is one piece, without holes.

    That is so for every ellipse, and spares each prediction a search through its pixels.
    """
    runs = region[:, 0] + np.count_nonzero(region[:, 1:] & ~region[:, :-1], axis=1)
    return bool((runs == 1).all() and (region[1:] & region[:-1]).any(axis=1).all())
