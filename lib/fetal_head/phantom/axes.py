"""Oriented frames and boxes in the plane of the image, in mm (x to the right, y down, away from the probe)."""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, sin

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float32]
Bool = NDArray[np.bool_]


def length(p: Float, q: Float) -> Float:
    """Length of vectors (p, q): several times faster than `np.hypot`, which guards against overflow."""
    return np.sqrt(p * p + q * q)


@dataclass(frozen=True)
class Axes:
    """A frame at (x, y) mm: `along` points to the front of the head, `across` always away from the probe.

    `angle` (rad) turns the image's x axis towards its y axis; `facing` is +1 where the front lies to the right and -1
    where it lies to the left, so the frame of a head that faces left is a mirrored one.
    """

    x: float
    y: float
    angle: float
    facing: int

    @property
    def along(self) -> tuple[float, float]:
        return self.facing * cos(self.angle), self.facing * sin(self.angle)

    @property
    def across(self) -> tuple[float, float]:
        return -sin(self.angle), cos(self.angle)

    def local(self, x: Float, y: Float) -> tuple[Float, Float]:
        """Image mm -> (p along, q across) mm."""
        dx, dy = x - np.float32(self.x), y - np.float32(self.y)
        (ax, ay), (bx, by) = self.along, self.across
        return dx * np.float32(ax) + dy * np.float32(ay), dx * np.float32(bx) + dy * np.float32(by)

    def world(self, p: Float, q: Float) -> tuple[Float, Float]:
        """(p along, q across) mm -> image mm."""
        (ax, ay), (bx, by) = self.along, self.across
        x, y = self.x + p * ax + q * bx, self.y + p * ay + q * by
        return x.astype(np.float32), y.astype(np.float32)

    def place_of(self, other: Axes) -> tuple[float, float]:
        """Where the origin of `other` lies in this frame: (p, q) mm."""
        dx, dy = other.x - self.x, other.y - self.y
        (ax, ay), (bx, by) = self.along, self.across
        return dx * ax + dy * ay, dx * bx + dy * by

    def at(self, p: float, q: float, tilt: float = 0.0) -> Axes:
        """The frame whose origin is at (p, q) mm of this one, turned by `tilt` rad from along towards across."""
        (ax, ay), (bx, by) = self.along, self.across
        return Axes(self.x + p * ax + q * bx, self.y + p * ay + q * by, self.angle + self.facing * tilt, self.facing)


@dataclass(frozen=True)
class Box:
    """An oriented rectangle, `length` mm along and `width` mm across its axes."""

    axes: Axes
    length: float
    width: float

    def corners(self) -> tuple[Float, Float]:
        """The four corners in order, as x and y in image mm."""
        p = np.array([-1, 1, 1, -1], np.float32) * (self.length / 2)
        q = np.array([-1, -1, 1, 1], np.float32) * (self.width / 2)
        return self.axes.world(p, q)

    def contains(self, x: Float, y: Float) -> Bool:
        """Which points (image mm) lie in the box."""
        p, q = self.axes.local(x, y)
        inside: Bool = (np.abs(p) <= self.length / 2) & (np.abs(q) <= self.width / 2)
        return inside


@dataclass(frozen=True)
class Ellipse:
    """An ellipse of semi-axes `major` and `minor` mm, the major one along its axes."""

    axes: Axes
    major: float
    minor: float

    def contains(self, x: Float, y: Float) -> Bool:
        """Which points (image mm) lie in the ellipse."""
        p, q = self.axes.local(x, y)
        inside: Bool = (p / np.float32(self.major)) ** 2 + (q / np.float32(self.minor)) ** 2 <= 1
        return inside

    def corners(self) -> tuple[Float, Float]:
        """Two opposite corners of the upright rectangle around the ellipse, as x and y in image mm."""
        width, height = self.half_extent()
        x = np.array([self.axes.x - width, self.axes.x + width], np.float32)
        return x, np.array([self.axes.y - height, self.axes.y + height], np.float32)

    def half_extent(self) -> tuple[float, float]:
        """Half width and half height in mm of the upright rectangle around the ellipse."""
        (ax, ay), (bx, by) = self.axes.along, self.axes.across
        return (
            float(np.hypot(self.major * ax, self.minor * bx)),
            float(np.hypot(self.major * ay, self.minor * by)),
        )
