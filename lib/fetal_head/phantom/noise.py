"""Smooth random fields, the raw material of everything that is uneven."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from scipy.interpolate import BSpline

from fetal_head.phantom.axes import Float


@lru_cache(maxsize=256)
def _basis(length: int, cells: int) -> Float:
    """(length, cells + 3) weights of a cubic spline's control values, scaled so that white noise keeps its variance."""
    knots = np.arange(-3, cells + 4, dtype=float)
    at = np.linspace(0, cells, length)
    basis = BSpline.design_matrix(np.minimum(at, cells - 1e-9), knots, 3).toarray()
    return np.asarray(basis / np.linalg.norm(basis, axis=1, keepdims=True), np.float32)


def smooth(rng: np.random.Generator, shape: tuple[int, int], cells: tuple[int, int]) -> Float:
    """A field of unit variance that varies over `cells` patches along each axis."""
    control = rng.standard_normal((cells[0] + 3, cells[1] + 3), dtype=np.float32)
    field: Float = _basis(shape[0], cells[0]) @ control @ _basis(shape[1], cells[1]).T
    return field


def smooth_line(rng: np.random.Generator, length: int, cells: int) -> Float:
    """A line of `length` values of unit variance that varies over `cells` stretches."""
    values: Float = _basis(length, cells) @ rng.standard_normal(cells + 3, dtype=np.float32)
    return values


def waves(rng: np.random.Generator, x: Float, y: Float, wavelength: float) -> Float:
    """A field of unit variance over points x, y (mm): six plane waves of about `wavelength` mm in any direction.

    Unlike `smooth` it does not follow the grid, so that shapes cut from it show no trace of the beams.
    """
    turn, phase = rng.uniform(0, 2 * np.pi, 6), rng.uniform(0, 2 * np.pi, 6)
    number = 2 * np.pi / (wavelength * rng.uniform(0.5, 1.6, 6))
    field = np.zeros(x.shape, np.float32)
    for t, f, k in zip(turn, phase, number, strict=True):
        field += np.cos(np.float32(k * np.cos(t)) * x + np.float32(k * np.sin(t)) * y + np.float32(f))
    return field * np.float32(3**-0.5)
