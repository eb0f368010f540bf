"""Geometry of the scan: the picture's frame, the fan of a convex probe, and the way between the two."""

from __future__ import annotations

from dataclasses import dataclass
from math import hypot, radians

import numpy as np
from PIL import Image

from fetal_head.phantom.anatomy import Head
from fetal_head.phantom.axes import Float

SAMPLES, BEAMS = 352, 248
PATCH = 48  # pixels


@dataclass(frozen=True)
class Frame:
    """The picture: rows x columns pixels of `spacing` (row, column) mm. Its (0, 0) mm is its upper left corner."""

    rows: int
    columns: int
    spacing: tuple[float, float]

    @property
    def height(self) -> float:
        return self.rows * self.spacing[0]

    @property
    def width(self) -> float:
        return self.columns * self.spacing[1]


@dataclass(frozen=True)
class Sector:
    """The fan of a convex probe: its apex in image mm, the radius of the probe's face, its end, half its opening (rad)."""

    x: float
    y: float
    face: float
    end: float
    half_angle: float


@dataclass(frozen=True)
class Beams:
    """Sample points of the part of a sector within a frame: radii (samples,) mm, angles (beams,) rad, x and y on both."""

    radii: Float
    angles: Float
    x: Float
    y: Float

    @property
    def shape(self) -> tuple[int, int]:
        return len(self.radii), len(self.angles)

    @property
    def depth_step(self) -> float:
        return float(self.radii[1] - self.radii[0])

    @property
    def angle_step(self) -> float:
        return float(self.angles[1] - self.angles[0])

    @property
    def direction(self) -> tuple[Float, Float]:
        """Unit vector (x, y) of each beam, both (beams,)."""
        return np.sin(self.angles), np.cos(self.angles)


def draw_sector(rng: np.random.Generator, frame: Frame, head: Head) -> Sector:
    """A fan that mostly fills the frame and reaches past the head; at times the probe's face or the far end is in view."""
    top, bottom = head.axes.y - head.skull.half_extent()[1], head.axes.y + head.skull.half_extent()[1]
    face = rng.uniform(42, 65)
    above = rng.uniform(-0.08, 0.02) * frame.height if rng.random() < 0.25 else rng.uniform(6, 40)
    above = max(above, 3 - top)
    x, y = frame.width * rng.normal(0.5, 0.05), -above - face
    far_end = rng.uniform(0.9, 1.0) if rng.random() < 0.2 else rng.uniform(1.05, 1.4)
    end = face + max(above + frame.height * far_end, above + bottom + 6)
    half_angle = max(radians(rng.uniform(26, 42)), _angle_to_see(head, x, y))
    return Sector(x, y, face, end, half_angle)


def _angle_to_see(head: Head, x: float, y: float) -> float:
    """Half the opening of a fan with its apex at (x, y) mm that just shows both ventricle and cavum."""
    boxes = [head.lv] if head.csp is None else [head.lv, head.csp]
    corners = [np.arctan2(np.abs(cx - x), cy - y) for cx, cy in (box.corners() for box in boxes)]
    return float(np.max(corners)) + radians(3)


def beams_of(sector: Sector, frame: Frame) -> Beams:
    """Evenly spaced samples over what the frame shows of the sector."""
    left, right = -sector.x, frame.width - sector.x
    top, bottom = -sector.y, frame.height - sector.y
    nearest = max(sector.face, top)
    farthest = min(sector.end, hypot(max(-left, right), bottom))
    corner = max(top, 1.0)
    low = max(-sector.half_angle, float(np.arctan2(left, corner)))
    high = min(sector.half_angle, float(np.arctan2(right, corner)))
    radii = np.linspace(nearest, farthest, SAMPLES, dtype=np.float32)
    angles = np.linspace(low, high, BEAMS, dtype=np.float32)
    x = sector.x + radii[:, None] * np.sin(angles)
    y = sector.y + radii[:, None] * np.cos(angles)
    return Beams(radii, angles, x.astype(np.float32), y.astype(np.float32))


def to_beams(sector: Sector, beams: Beams, x: Float, y: Float) -> tuple[Float, Float]:
    """Image mm -> fractional (sample, beam) indices."""
    dx, dy = x - np.float32(sector.x), y - np.float32(sector.y)
    sample = (np.hypot(dx, dy) - beams.radii[0]) / np.float32(beams.depth_step)
    beam = (np.arctan2(dx, dy) - beams.angles[0]) / np.float32(beams.angle_step)
    return sample, beam


def scan_convert(grey: Float, sector: Sector, beams: Beams, frame: Frame) -> Image.Image:
    """Grey on (samples, beams) -> 8-bit picture of (rows, columns) pixels; 0 outside the fan.

    The way back from pixel to beam is exact at the corners of small square patches and bilinear within them, which
    is off by about a tenth of a sample at most and several times faster than a root and an arc tangent per pixel.
    """
    left = np.arange(0, frame.columns, PATCH)
    upper = np.arange(0, frame.rows, PATCH)
    x = np.append(left, left[-1] + PATCH).astype(np.float32) * np.float32(frame.spacing[1])
    y = np.append(upper, upper[-1] + PATCH).astype(np.float32) * np.float32(frame.spacing[0])
    sample, beam = to_beams(sector, beams, x[None, :], y[:, None])
    at = np.stack([beam, sample], axis=-1) + 0.5  # Pillow counts from the corner of a pixel
    quads = np.concatenate([at[:-1, :-1], at[1:, :-1], at[1:, 1:], at[:-1, 1:]], axis=-1).tolist()
    mesh = [
        ((int(c), int(r), int(c) + PATCH, int(r) + PATCH), tuple(quads[i][j]))
        for i, r in enumerate(upper)
        for j, c in enumerate(left)
    ]
    source = Image.fromarray(np.clip(grey, 0, 255).astype(np.uint8))
    return source.transform((frame.columns, frame.rows), Image.Transform.MESH, mesh, Image.Resampling.BILINEAR)
