"""Smooth interfaces that mirror the beam: thin lines, bright where they face the probe, gone where they run along it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from fetal_head.phantom.anatomy import Head
from fetal_head.phantom.axes import Axes, Float
from fetal_head.phantom.noise import smooth_line
from fetal_head.phantom.scan import Beams, Sector, to_beams

STEP = 0.25  # mm between the points of a line
UNIT = np.linspace(0, 1, 96)


@dataclass(frozen=True)
class Line:
    """Points in image mm, about `STEP` apart, each with its amplitude (linear)."""

    x: Float
    y: Float
    amplitude: Float


def line(rng: np.random.Generator, axes: Axes, p: Float, q: Float, level: float, broken: float = 0.3) -> Line:
    """The polyline through (p, q) mm of `axes` at `level` dB, uneven and with gaps over about a `broken` share of it."""
    along = np.append(0.0, np.cumsum(np.hypot(p[1:] - p[:-1], q[1:] - q[:-1])))
    count = max(int(along[-1] / STEP), 4)
    at = np.arange(count) * (along[-1] / (count - 1))
    x, y = axes.world(np.interp(at, along, p).astype(np.float32), np.interp(at, along, q).astype(np.float32))
    cells = min(max(int(along[-1] / 4), 1), 24)
    uneven = np.interp(at, UNIT * along[-1], smooth_line(rng, UNIT.size, cells))
    ends = np.sin(np.pi * (at + 0.5 * STEP) / (along[-1] + STEP)) ** 0.6
    kept = np.clip((uneven + 2.2 - 3.4 * broken) * 0.7, 0, 1.3) * ends
    return Line(x, y, (10 ** (level / 20) * kept).astype(np.float32))


def brain_lines(rng: np.random.Generator, head: Head) -> list[Line]:
    """Falx, cavum walls, ventricle walls, insula and sulci of a head."""
    lines = [*_falx(rng, head), *_ventricle(rng, head), *_insula(rng, head), *_small(rng, head)]
    return lines if head.csp is None else lines + _cavum(rng, head)


def _falx(rng: np.random.Generator, head: Head) -> list[Line]:
    a, b = head.size.major, head.size.minor
    level = rng.uniform(-24, -8)
    bow = rng.normal(0, 0.02) * b
    gap = (0.16 * a, 0.42 * a)
    if head.csp is not None:
        middle, _ = head.axes.place_of(head.csp.axes)
        gap = (middle - 0.5 * head.csp.length, middle + 0.5 * head.csp.length)
    third_ventricle = rng.uniform(-0.15, 0.1) * a
    ends = [-0.93 * a, -0.3 * a, third_ventricle, gap[0], gap[1], 0.95 * a]
    weaker = [6, 3, 1, rng.uniform(0, 8), 0]
    lines = []
    for part, (start, end) in enumerate(pairwise(ends)):
        bridges_cavum = part == 3 and (head.csp is not None or rng.random() < 0.4)
        if end - start > 1 and not bridges_cavum:
            p = np.linspace(start, end, 8)
            q = bow * (1 - (p / a) ** 2) + rng.normal(0, 0.006 * b, 8)
            lines.append(line(rng, head.axes, p, q, level - weaker[part], rng.uniform(0.2, 0.9)))
    return lines


def _cavum(rng: np.random.Generator, head: Head) -> list[Line]:
    assert head.csp is not None
    box = head.csp
    level = rng.uniform(-13, 0)
    half = 0.45 * box.length
    lines = []
    for side in (-1, 1):
        p = np.linspace(-half * rng.uniform(0.8, 1.25), half * rng.uniform(0.7, 1.2), 6)
        q = side * 0.5 * box.width * (1 + rng.normal(0, 0.1) * p / half)
        lines.append(line(rng, box.axes, p, q, level + rng.normal(0, 2), rng.uniform(0, 0.2)))
    return lines


def _ventricle(rng: np.random.Generator, head: Head) -> list[Line]:
    level = rng.uniform(-20, -8)
    lines = [*_walls(rng, head.lv.axes, head.lv.length, head.lv.width, level)]
    if rng.random() < 0.3:
        lines += _walls(rng, near_ventricle(head), head.lv.length, head.lv.width, level - rng.uniform(6, 12))
    return lines


def near_ventricle(head: Head) -> Axes:
    """Where the lateral ventricle of the near half lies: the far one mirrored in the midline."""
    p, q = head.axes.place_of(head.lv.axes)
    tilt = (head.lv.axes.angle - head.axes.angle) * head.axes.facing
    return head.axes.at(p, -q, -tilt)


def _walls(rng: np.random.Generator, axes: Axes, length: float, width: float, level: float) -> list[Line]:
    lines = []
    for side, weaker in ((-1, 0.0), (1, -3.0)):
        p = np.linspace(-0.45 * length, rng.uniform(0.6, 1.6) * length, 12)
        taper = 1 - 0.25 * np.clip(p / length - 0.3, 0, 2) ** 1.5
        q = side * 0.5 * width * taper - 0.06 * length * (p / length) ** 2
        lines.append(line(rng, axes, p, q, level + weaker, rng.uniform(0.05, 0.6)))
    return lines


def _insula(rng: np.random.Generator, head: Head) -> list[Line]:
    a, b = head.size.major, head.size.minor
    centre, depth, bow = rng.uniform(0.0, 0.2) * a, rng.uniform(0.5, 0.66) * b, rng.uniform(-0.12, 0.12) * b
    p = np.linspace(-0.22 * a, 0.22 * a, 8)
    q = depth + bow * (p / (0.22 * a)) ** 2
    far = line(rng, head.axes, centre + p, q, rng.uniform(-32, -16), rng.uniform(0.2, 0.8))
    near = line(rng, head.axes, centre + p, -q, rng.uniform(-40, -22), rng.uniform(0.4, 0.9))
    return [far, near]


def _small(rng: np.random.Generator, head: Head) -> list[Line]:
    """Sulci, vessels and cisterns: short curved echoes, more and crisper with age, densest near the midline."""
    a, b, weeks = head.size.major, head.size.minor, head.size.weeks
    count = int(rng.poisson(14 + 4.0 * max(0.0, weeks - 20) * rng.uniform(0.3, 1.6)))
    level = rng.uniform(-40, -23)
    lines = []
    for _ in range(count):
        turn, radius = rng.uniform(0, 2 * np.pi), 0.85 * rng.random() ** 0.7
        axes = head.axes.at(radius * np.cos(turn) * a, radius * np.sin(turn) * b * 0.95, rng.normal(0, 0.45))
        if _within(axes, head):
            continue
        half = rng.uniform(0.8, 4.0) * (head.size.minor / 33)
        p = np.linspace(-half, half, 6)
        q = rng.normal(0, 0.25) * half * (p / half) ** 2
        lines.append(line(rng, axes, p, q, level + rng.normal(0, 5), 0.2))
    return lines


def _within(axes: Axes, head: Head) -> bool:
    boxes = [head.lv] if head.csp is None else [head.lv, head.csp]
    for box in boxes:
        p, q = box.axes.place_of(axes)
        if abs(p) < 0.75 * box.length and abs(q) < 0.75 * box.width:
            return True
    return False


def mirrored(lines: Iterable[Line], sector: Sector, beams: Beams, thickness: float) -> Float:
    """The echo of `lines` on (samples, beams), such that a line that faces the probe peaks at its amplitude.

    `thickness` is the length of the pulse (standard deviation, in samples) by which the echo is blurred afterwards.
    The share that returns falls with the square of the cosine between the beam and the line's normal.
    """
    parts = list(lines)
    x = np.concatenate([part.x for part in parts])
    y = np.concatenate([part.y for part in parts])
    sample, beam = to_beams(sector, beams, x, y)
    rows, columns = beams.shape
    seen = (sample >= 0) & (sample < rows - 1) & (beam >= 0) & (beam < columns - 1)
    amplitude = (np.concatenate([part.amplitude for part in parts]) * _facing(x, y, sector))[seen]
    sample, beam = sample[seen], beam[seen]
    spread = (beams.radii[sample.astype(int)] * beams.angle_step / STEP).astype(np.float32)
    weight = amplitude / spread * np.float32(np.sqrt(2 * np.pi) * thickness)
    return _splat(sample, beam, weight, beams.shape)


def _facing(x: Float, y: Float, sector: Sector) -> Float:
    """Share returned at each point of lines laid end to end; the joints do not matter, since lines fade out there."""
    tx, ty = np.gradient(x), np.gradient(y)
    bx, by = x - sector.x, y - sector.y
    cross = (tx * by - ty * bx) / (np.hypot(tx, ty) * np.hypot(bx, by) + 1e-6)
    return np.asarray(0.06 + 0.94 * cross**2, np.float32)


def _splat(sample: Float, beam: Float, weight: Float, shape: tuple[int, int]) -> Float:
    i, j = sample.astype(np.int64), beam.astype(np.int64)
    u, v = sample - i, beam - j
    echo = np.zeros(shape[0] * shape[1])
    for di, dj, share in ((0, 0, (1 - u) * (1 - v)), (0, 1, (1 - u) * v), (1, 0, u * (1 - v)), (1, 1, u * v)):
        echo += np.bincount((i + di) * shape[1] + j + dj, weight * share, echo.size)
    return echo.reshape(shape).astype(np.float32)
