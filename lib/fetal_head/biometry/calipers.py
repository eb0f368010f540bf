"""Where on the image the lengths of a mask were measured."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fetal_head.biometry.ellipse import Ellipse, fit_ellipse
from fetal_head.biometry.extent import shadow
from fetal_head.biometry.regions import regions_of
from fetal_head.imaging import Mask

CORNERS = 72


@dataclass(frozen=True)
class Caliper:
    """A line on the image.

    Attributes:
        name: of the `Biometry` that it shows: `hc`, `bpd`, `ofd`, `csp_width` or `lv_width`.
        points: (x, y) in pixels, from the centre of pixel (0, 0).
    """

    name: str
    points: list[tuple[float, float]]


def calipers(mask: Mask, spacing: tuple[float, float] | None) -> list[Caliper]:
    """The lines whose lengths `measure` gives; there are none of what it does not give.

    Args:
        mask: (rows, columns).
        spacing: mm per pixel along (rows, columns), or None where unknown.
    """
    scale = spacing or (1.0, 1.0)
    regions = regions_of(mask)
    ellipse = None if regions.cut else fit_ellipse(regions.head, scale)
    lines = {} if ellipse is None else _of_head(ellipse)
    if ellipse is not None:
        lines["csp_width"] = _across(regions.csp, ellipse.angle + math.pi / 2, scale)
    ventricle = None if regions.lv_cut else fit_ellipse(regions.lv, scale)
    if ventricle is not None:
        lines["lv_width"] = _across(regions.lv, ventricle.angle + math.pi / 2, scale)
    return [Caliper(name, _in_pixels(points, scale)) for name, points in lines.items() if len(points)]


def _of_head(ellipse: Ellipse) -> dict[str, NDArray[np.float64]]:
    turn = np.linspace(0, 2 * math.pi, CORNERS + 1)
    along = np.array([math.cos(ellipse.angle), math.sin(ellipse.angle)])
    across = np.array([-along[1], along[0]])
    middle, ends = np.asarray(ellipse.centre), np.array([[-0.5], [0.5]])
    a, b = ellipse.major / 2, ellipse.minor / 2
    return {
        "hc": middle + a * np.cos(turn)[:, None] * along + b * np.sin(turn)[:, None] * across,
        "bpd": middle + ends * ellipse.minor * across,
        "ofd": middle + ends * ellipse.major * along,
    }


def _across(region: NDArray[np.bool_], direction: float, scale: tuple[float, float]) -> NDArray[np.float64]:
    """From one edge of a region's shadow in a direction to the other, through the middle of the region."""
    edges = shadow(region, direction, scale)
    if edges is None:
        return np.empty((0, 2))
    line = np.array([math.cos(direction), math.sin(direction)])
    rows, columns = np.nonzero(region)
    middle = np.array([columns.mean() * scale[1], rows.mean() * scale[0]])
    return np.asarray(middle + (np.array(edges)[:, None] - middle @ line) * line)


def _in_pixels(points: NDArray[np.float64], scale: tuple[float, float]) -> list[tuple[float, float]]:
    return [(float(x / scale[1]), float(y / scale[0])) for x, y in points]
