"""How strongly the tissue inside the skull scatters, in dB below the squarely met skull."""

from __future__ import annotations

import numpy as np

from fetal_head.phantom.anatomy import Head
from fetal_head.phantom.axes import Axes, Box, Float, length
from fetal_head.phantom.decibel import power
from fetal_head.phantom.noise import smooth, smooth_line
from fetal_head.phantom.reflectors import near_ventricle
from fetal_head.phantom.scan import Beams
from fetal_head.phantom.skull import Shell

FLUID = -72.0


def brain_level(rng: np.random.Generator, head: Head, beams: Beams, shell: Shell) -> Float:
    """Level in dB on (samples, beams), of use inside the skull only."""
    parenchyma = rng.uniform(-45, -37)
    level = np.full(beams.shape, parenchyma, np.float32)
    level += rng.uniform(2.5, 5.5) * smooth(rng, beams.shape, (12, 9)) + rng.uniform(1.5, 4) * smooth(rng, beams.shape, (44, 24))
    p, q = head.axes.local(beams.x, beams.y)
    a, b = np.float32(head.size.major), np.float32(head.size.minor)
    u, v = p / a, q / b

    level += _centre(rng, u, v)
    for side in (-1, 1):
        thalamus = ((u + 0.03) / 0.17) ** 2 + ((v - side * 0.17) / 0.14) ** 2 < 1
        level[thalamus] -= rng.uniform(2, 6)
    level -= rng.uniform(2, 10) * np.clip((length(u, v) - 0.6) / 0.3, 0, 1)

    faint = parenchyma + rng.uniform(2, 12), parenchyma - rng.uniform(0, 6)
    clear = parenchyma + rng.uniform(7, 20), parenchyma - rng.uniform(8, 30)
    _ventricle(rng, level, near_ventricle(head), head.lv, beams, *faint)
    _ventricle(rng, level, head.lv.axes, head.lv, beams, *clear)
    if head.csp is not None:
        level[head.csp.contains(beams.x, beams.y)] = parenchyma - rng.uniform(9, 28)
    return _add(level, _reverberation(rng, head, beams, shell, parenchyma))


def _centre(rng: np.random.Generator, u: Float, v: Float) -> Float:
    """The midbrain and basal ganglia scatter more than the lobes around them."""
    lift = rng.uniform(2, 12)
    spread = ((u + np.float32(rng.normal(0, 0.08))) / np.float32(rng.uniform(0.25, 0.5))) ** 2 + (v / np.float32(0.5)) ** 2
    return np.asarray(lift * (np.exp(-spread) - 0.4), np.float32)


def _ventricle(rng: np.random.Generator, level: Float, axes: Axes, box: Box, beams: Beams, plexus: float, fluid: float) -> None:
    """Paint a ventricle: a fluid-filled atrium that narrows towards the front, where the choroid plexus hangs in it."""
    p, q = axes.local(beams.x, beams.y)
    s, t = p / np.float32(box.length), q / np.float32(box.width)
    t = t + np.float32(0.06 * box.length / box.width) * s * s
    behind = np.sqrt(np.clip(1 - (np.clip(-s - 0.25, 0, 1) / np.float32(rng.uniform(0.45, 0.9))) ** 2, 0, 1))
    reach = np.float32(rng.uniform(1.2, 2.4))
    ahead = np.clip((reach - s) / (reach - np.float32(0.5)), 0, 1)
    lumen = np.abs(t) < 0.5 * behind * ahead
    level[lumen] = fluid
    centre, half = rng.uniform(0.55, 0.95), rng.uniform(0.38, 0.75)
    bulge, hang = rng.uniform(0.30, 0.48), rng.uniform(-0.05, 0.22)
    blob = ((s - np.float32(centre)) / np.float32(half)) ** 2 + ((t - np.float32(hang)) / np.float32(bulge)) ** 2
    edge = 1 + 0.22 * smooth(rng, beams.shape, (48, 32))
    inside = blob < edge
    level[inside] = np.maximum(level[inside], plexus - np.float32(5) * blob[inside])


def _reverberation(rng: np.random.Generator, head: Head, beams: Beams, shell: Shell, parenchyma: float) -> Float:
    """Haze and repeated arcs below the near skull, which hide the near half of the brain."""
    _, q = head.axes.local(beams.x, beams.y)
    fade = np.float32(head.size.minor * rng.uniform(0.25, 0.9))
    haze = parenchyma + rng.uniform(-6, 9) - np.float32(8.7) * shell.depth / fade
    pitch = np.float32(rng.uniform(2.5, 7))
    arcs = rng.uniform(0, 4) * np.cos(2 * np.pi * shell.depth / pitch) * np.exp(-shell.depth.clip(0) / (3 * pitch))
    patches = 3 * smooth(rng, beams.shape, (12, 10)) + 3 * smooth_line(rng, beams.shape[1], 14)
    level = haze + arcs + patches + 6 * (shell.facing - 1)
    return np.where(q < 0.3 * head.size.minor, level, np.float32(-120)).astype(np.float32)


def _add(one: Float, other: Float) -> Float:
    """Sum of two levels in dB whose echoes do not interfere."""
    return np.asarray(10 * np.log10(power(one) + power(other)), np.float32)
