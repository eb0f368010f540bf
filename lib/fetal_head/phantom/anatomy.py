"""Which head is looked at: its age, its sizes in mm and where its structures lie. No pixels and no echoes here."""

from __future__ import annotations

from dataclasses import dataclass
from math import pi, radians, sqrt

import numpy as np

from fetal_head.biometry import growth
from fetal_head.phantom.axes import Axes, Box, Ellipse

LV_REACH = 0.85  # how near to the outer edge of the skull (1) the ventricle's corners come
CSP_ABSENT = 0.45  # share of trans-ventricular images in which no cavum was marked


@dataclass(frozen=True)
class Size:
    """Age in weeks, and the outer semi-axes of the skull and its thickness in mm."""

    weeks: float
    major: float
    minor: float
    skull: float


@dataclass(frozen=True)
class Head:
    """A head in place: the outer edge of its skull, its cavum if one is to be seen, its far lateral ventricle."""

    size: Size
    skull: Ellipse
    csp: Box | None
    lv: Box

    @property
    def axes(self) -> Axes:
        return self.skull.axes


def draw_size(rng: np.random.Generator) -> Size:
    """A size between 14 and 40 weeks, mostly 18 to 30; its circumference is about the mean of INTERGROWTH-21st."""
    weeks = rng.uniform(14, 40) if rng.random() < 0.15 else 18 + 14 * rng.beta(1.7, 1.8)
    circumference = growth.HC.mean(weeks) * rng.normal(1, 0.04)
    cephalic = float(np.clip(rng.normal(0.795, 0.042), 0.69, 0.91))
    major = circumference / _circumference(1, cephalic)
    return Size(weeks, major, major * cephalic, rng.uniform(1.0, 1.6) + 0.03 * (weeks - 14))


def draw_head(rng: np.random.Generator, size: Size, axes: Axes) -> Head:
    """The head of that size at `axes`. Ratios to the head's semi-axes are those of annotated trans-ventricular images."""
    skull = Ellipse(axes, size.major, size.minor)
    csp = _draw_csp(rng, size, axes) if rng.random() >= CSP_ABSENT else None
    return Head(size, skull, csp, _draw_lv(rng, size, axes))


def _circumference(major: float, minor: float) -> float:
    """Circumference of an ellipse from its semi-axes, in their unit (Ramanujan 1914, first approximation)."""
    return pi * (3 * (major + minor) - sqrt((3 * major + minor) * (major + 3 * minor)))


def _draw_csp(rng: np.random.Generator, size: Size, axes: Axes) -> Box:
    width = float(np.clip(rng.normal(0.130, 0.022) * size.minor, 2.0, 9.0))
    length = width * float(np.clip(rng.normal(2.05, 0.3), 1.5, 2.9))
    place = axes.at(
        p=rng.normal(0.31, 0.045) * size.major,
        q=rng.normal(-0.025, 0.035) * size.minor,
        tilt=radians(rng.normal(-7, 6)),
    )
    return Box(place, length, width)


def _draw_lv(rng: np.random.Generator, size: Size, axes: Axes) -> Box:
    # The atrium widens less than the head grows; a few are widened, as in ventriculomegaly.
    width = 5.9 * (size.minor / 33) ** 0.8 * rng.lognormal(0, 0.18)
    if rng.random() < 0.04:
        width *= rng.uniform(1.3, 1.8)
    width = float(np.clip(width, 4.0, min(16.0, 0.36 * size.minor)))
    length = width * float(np.clip(rng.normal(1.82, 0.27), 1.35, 2.7))
    p = -float(np.clip(rng.normal(0.45, 0.085), 0.25, 0.62)) * size.major
    q = float(np.clip(rng.normal(0.375, 0.06), 0.24, 0.5)) * size.minor
    tilt = radians(rng.normal(12.5, 8))
    box = Box(axes.at(p, q, tilt), length, width)
    closer = min(1.0, LV_REACH / _reach(box, axes, size))
    return Box(axes.at(closer * p, closer * q, tilt), length, width)


def _reach(box: Box, axes: Axes, size: Size) -> float:
    """How far the corners of `box` reach out from the centre of the head: 1 is the outer edge of the skull."""
    p, q = axes.local(*box.corners())
    return float(np.hypot(p / size.major, q / size.minor).max())
