"""From scatterers to grey: pulse, speckle, loss along the beam, gain and log compression."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter, gaussian_filter1d

from fetal_head.phantom.axes import Float
from fetal_head.phantom.noise import smooth_line
from fetal_head.phantom.scan import Beams


@dataclass(frozen=True)
class Pulse:
    """Standard deviations of the point spread: `axial` in samples, `lateral` in beams in and out of focus, `focus` sample."""

    axial: float
    near: float
    far: float
    focus: int


def draw_pulse(rng: np.random.Generator, beams: Beams) -> Pulse:
    """A pulse of 2 to 6 MHz as a convex probe sends it."""
    axial = rng.uniform(0.15, 0.30) / beams.depth_step
    lateral = rng.uniform(0.0020, 0.0044) / beams.angle_step
    near = max(lateral, 0.7)
    return Pulse(max(axial, 0.6), near, near * rng.uniform(1.3, 2.0), int(rng.uniform(0.3, 0.7) * beams.shape[0]))


def loss(absorption: Float, beams: Beams) -> Float:
    """dB lost on the way there and back, on (samples, beams), for `absorption` in dB per mm of depth, both ways together."""
    spread = gaussian_filter1d(absorption, 2.0, axis=1)
    return np.asarray(np.cumsum(spread, axis=0) * beams.depth_step, np.float32)


def envelope(rng: np.random.Generator, scatter: Float, mirror: Float, pulse: Pulse) -> Float:
    """Amplitude of the received echo: scatterers of random phase under the pulse, plus the mirrored echo.

    `scatter` and `mirror` are amplitudes (linear) on (samples, beams). The sum of many scatterers in one resolution
    cell is a complex Gaussian (Goodman 1975; Wagner et al. 1983). Its power is then averaged over a small patch, as
    scanners compound several views, which takes the black holes out of fully developed speckle.
    """
    noise = rng.standard_normal((2, *scatter.shape), dtype=np.float32)
    real = _blur(scatter * noise[0], pulse, unit_variance=True) + _blur(mirror, pulse, unit_variance=False)
    imaginary = _blur(scatter * noise[1], pulse, unit_variance=True)
    strength = rng.uniform(0.3, 0.8)
    power = gaussian_filter(real * real + imaginary * imaginary, (strength, 1.5 * strength), truncate=2.5)
    return np.asarray(np.sqrt(power), np.float32)


def _blur(field: Float, pulse: Pulse, unit_variance: bool) -> Float:
    """The field under the point spread, out of focus wider; white noise keeps its variance if asked."""
    axial = gaussian_filter1d(field, pulse.axial, axis=0, truncate=3)
    sharp = gaussian_filter1d(axial, pulse.near, axis=1, truncate=3)
    wide = gaussian_filter1d(axial, pulse.far, axis=1, truncate=3)
    depth = np.arange(field.shape[0], dtype=np.float32) - pulse.focus
    blend = np.clip((depth / (0.6 * field.shape[0])) ** 2 * 2, 0, 1)[:, None]
    if unit_variance:
        sharp *= np.float32(np.sqrt(4 * np.pi * pulse.axial * pulse.near))
        wide *= np.float32(np.sqrt(4 * np.pi * pulse.axial * pulse.far))
    return np.asarray(sharp + blend * (wide - sharp), np.float32)


def gain(rng: np.random.Generator, shape: tuple[int, int]) -> Float:
    """Operator's gain in dB over depth, as set by sliders, with the small unevenness of the beams among themselves."""
    sliders = rng.uniform(0.5, 3.5) * smooth_line(rng, shape[0], 6)
    beams = rng.uniform(0.3, 1.5) * smooth_line(rng, shape[1], 40) + rng.uniform(0, 3) * smooth_line(rng, shape[1], 8)
    return np.asarray(sliders[:, None] + beams[None, :], np.float32)


def compress(decibel: Float, dynamic_range: float, curve: float) -> Float:
    """dB below full scale -> grey 0..255 over `dynamic_range` dB, bent by the power `curve` of the grey map."""
    share = np.clip(1 + decibel / np.float32(dynamic_range), 0, 1)
    return np.asarray(255 * share**curve, np.float32)


def vendor_filter(rng: np.random.Generator, grey: Float) -> Float:
    """Speckle reduction and edge enhancement as scanners apply them, in a random strength; often none."""
    kind = rng.random()
    if kind < 0.35:
        return grey
    soft = gaussian_filter(grey, (0.6, 0.6))
    if kind < 0.6:
        return np.asarray(soft, np.float32)
    wide = gaussian_filter(grey, (3.0, 3.5))
    return np.asarray(np.clip(soft + rng.uniform(0.3, 1.1) * (soft - wide), 0, 255), np.float32)
