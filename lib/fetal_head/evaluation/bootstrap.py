"""Means of images with intervals over patients: the images of one patient are alike, so patients are resampled, not images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

RESAMPLES, LEVEL, SEED = 2000, 0.95, 0


@dataclass(frozen=True)
class Estimate:
    """A mean over `n` images of `patients` patients, and its 95 % interval.

    `mean` is None without an image, `low` and `high` with fewer than two patients.
    """

    mean: float | None
    low: float | None
    high: float | None
    n: int
    patients: int


def mean_over_patients(values: Sequence[float], patients: Sequence[str]) -> Estimate:
    """The mean of one value per image, with `patients` saying whose each image is."""
    return ratio_over_patients(values, [1.0] * len(values), patients)


def ratio_over_patients(parts: Sequence[float], wholes: Sequence[float], patients: Sequence[str]) -> Estimate:
    """Sum of `parts` / sum of `wholes`, both one number per image, with `patients` saying whose each image is.

    The interval is the percentile bootstrap's (Efron & Tibshirani 1993, ch. 13), seeded, over resamples of whole patients.
    A patient whose `wholes` are 0 says nothing of the ratio and is not drawn.
    """
    images = np.asarray(wholes, dtype=float) > 0
    if not images.any():
        return Estimate(None, None, None, 0, 0)
    names, member = np.unique(np.asarray(patients)[images], return_inverse=True)
    part, whole = (_sums(member, np.asarray(x, dtype=float)[images]) for x in (parts, wholes))
    low, high = _interval(part, whole) if len(names) > 1 else (None, None)
    return Estimate(float(part.sum() / whole.sum()), low, high, int(images.sum()), len(names))


def _sums(member: NDArray[np.int64], values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The sum of the values of each patient, who is a number in `member`."""
    return np.bincount(member, weights=values).astype(np.float64)


def _interval(part: NDArray[np.float64], whole: NDArray[np.float64]) -> tuple[float, float]:
    found = stats.bootstrap(
        (part, whole),
        lambda part, whole, axis: part.sum(axis=axis) / whole.sum(axis=axis),
        paired=True,
        vectorized=True,
        n_resamples=RESAMPLES,
        confidence_level=LEVEL,
        method="percentile",
        rng=np.random.default_rng(SEED),
    ).confidence_interval
    return float(found.low), float(found.high)
