"""What lies around the head: abdominal wall and uterus in layers, placenta, limbs and pools of amniotic fluid."""

from __future__ import annotations

import numpy as np

from fetal_head.phantom.axes import Axes, Float
from fetal_head.phantom.brain import FLUID
from fetal_head.phantom.noise import smooth, smooth_line, waves
from fetal_head.phantom.reflectors import Line, line
from fetal_head.phantom.scan import Beams
from fetal_head.phantom.skull import Shell


def outside_level(rng: np.random.Generator, beams: Beams, shell: Shell) -> Float:
    """Level in dB on (samples, beams) of the tissue around the head."""
    layers = smooth(rng, beams.shape, (int(rng.integers(10, 26)), 5))
    lumps = waves(rng, beams.x, beams.y, rng.uniform(20, 80))
    grain = smooth(rng, beams.shape, (60, 36))
    level = rng.uniform(-45, -31) + rng.uniform(2, 7) * layers + rng.uniform(3, 8) * lumps + rng.uniform(0.5, 2.5) * grain
    pools = _pools(rng, beams, shell)
    level = level + (FLUID + rng.uniform(0, 15) - level) * pools
    scalp = np.float32(rng.uniform(0.5, 3.0))
    skin = (shell.depth < 0) & (shell.depth > -scalp)
    level = np.where(skin, np.float32(rng.uniform(-42, -26)) + grain, level)
    return _near_field(rng, level, beams)


def _pools(rng: np.random.Generator, beams: Beams, shell: Shell) -> Float:
    """Share of amniotic fluid: where a smooth field is high, more readily so close to the head, which floats in it."""
    field = waves(rng, beams.x, beams.y, rng.uniform(40, 120))
    field += 0.2 * smooth(rng, beams.shape, (14, 12)) + 0.07 * smooth(rng, beams.shape, (50, 40))
    close = np.exp(shell.depth.clip(-60, 0) / np.float32(rng.uniform(5, 20)))
    excess = field + rng.uniform(0, 1.2) * close - rng.uniform(0.2, 2.0)
    return np.asarray(np.clip(0.5 + excess / rng.uniform(0.1, 0.8), 0, 1), np.float32)


def _near_field(rng: np.random.Generator, level: Float, beams: Beams) -> Float:
    """Skin, fat and muscle follow the face of the probe in bright and dark layers."""
    x = (beams.radii - beams.radii[0]) / (beams.radii[-1] - beams.radii[0])
    reach = rng.uniform(0.03, 0.16)
    stripes = 5 * smooth_line(rng, len(x), int(rng.integers(40, 90)))
    wall = (rng.uniform(-34, -26) + stripes)[:, None] + 2 * smooth(rng, beams.shape, (30, 14))
    edge = x[:, None] + 0.02 * smooth_line(rng, beams.shape[1], 4)[None, :]
    share = np.clip(0.5 - (edge - reach) / 0.03, 0, 1)
    return np.asarray(level * (1 - share) + wall * share, np.float32)


def outside_lines(rng: np.random.Generator, width: float, height: float) -> list[Line]:
    """Interfaces between layers of tissue, across a picture of `width` x `height` mm."""
    lines = []
    for _ in range(1 + rng.poisson(4)):
        axes = Axes(rng.uniform(0, width), height * rng.beta(0.5, 0.5), rng.normal(0, 0.3), 1)
        half = rng.uniform(0.05, 0.4) * width
        p = np.linspace(-half, half, 12)
        q = rng.normal(0, 0.12) * half * (p / half) ** 2 + rng.normal(0, 0.02) * half * np.sin(5 * p / half)
        lines.append(line(rng, axes, p, q, rng.uniform(-32, -12), rng.uniform(0.2, 0.8)))
    return lines
