"""The phantoms: what their masks promise whatever the seed, and what holds over many of them."""

from __future__ import annotations

from functools import lru_cache
from math import pi, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from fetal_head.labels import BRAIN, CSP, LV, Structure
from fetal_head.phantom import Phantom, phantom
from fetal_head.phantom.anatomy import draw_head, draw_size
from fetal_head.phantom.axes import Axes
from fetal_head.phantom.drawing import draw_mask
from fetal_head.phantom.pose import draw_pose

SEEDS = range(24)
seeds = st.integers(0, 2**32 - 1)

drawn = lru_cache(maxsize=None)(phantom)


class Fit:
    """The ellipse with the second moments of a set of pixels, in mm."""

    def __init__(self, pixels: NDArray[np.bool_], spacing: tuple[float, float]) -> None:
        self.points = np.argwhere(pixels) * spacing
        self.centre = self.points.mean(axis=0)
        variances, vectors = np.linalg.eigh(np.cov(self.points.T))
        self.minor, self.major = 2 * np.sqrt(variances)
        self.across, self.along = vectors.T
        if self.across[0] < 0:
            self.across = -self.across

    def local(self, points: NDArray[np.floating]) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
        """(row, column) mm -> position along the major and down the minor axis, in semi-axes."""
        offset = points - self.centre
        return offset @ self.along / self.major, offset @ self.across / self.minor


def brain_of(p: Phantom) -> NDArray[np.bool_]:
    return np.asarray(p.mask > 0)


def uncut() -> list[Phantom]:
    return [p for p in map(drawn, SEEDS) if BRAIN.name in p.annotated]


def cut_seed() -> int:
    def is_cut(seed: int) -> bool:
        rng = np.random.default_rng(seed)
        return draw_pose(rng, draw_size(rng)).cut

    return next(seed for seed in range(1000) if is_cut(seed))


def test_same_seed_gives_the_same_pixels() -> None:
    once, again = phantom(7), phantom(7)
    assert np.array_equal(once.image, again.image)
    assert np.array_equal(once.mask, again.mask)
    assert (once.annotated, once.spacing) == (again.annotated, again.spacing)


def test_another_seed_gives_another_picture() -> None:
    pictures = {drawn(seed).image.tobytes() for seed in SEEDS}
    assert len(pictures) == len(SEEDS)


@settings(max_examples=15)
@given(seeds)
def test_any_seed_keeps_the_form(seed: int) -> None:
    p = phantom(seed)
    assert p.image.dtype == p.mask.dtype == np.uint8
    assert p.image.shape == p.mask.shape
    assert set(np.unique(p.mask)) <= {0, BRAIN.value, CSP.value, LV.value}
    assert p.annotated in ((BRAIN.name, CSP.name, LV.name), (CSP.name, LV.name))
    assert (BRAIN.name in p.annotated) == bool((p.mask == BRAIN.value).any())
    assert all(0.02 < mm < 0.6 for mm in p.spacing)
    assert p.image.max() > 100


def test_brain_is_an_ellipse() -> None:
    for p in uncut():
        brain = brain_of(p)
        fit = Fit(brain, p.spacing)
        u, v = fit.local(np.indices(brain.shape).reshape(2, -1).T * p.spacing)
        ellipse = (u**2 + v**2 <= 1).reshape(brain.shape)
        assert (brain & ellipse).sum() / (brain | ellipse).sum() > 0.98


def test_spacing_agrees_with_the_ellipse() -> None:
    for p in uncut():
        fit = Fit(brain_of(p), p.spacing)
        a, b = fit.major, fit.minor
        circumference = pi * (3 * (a + b) - sqrt((3 * a + b) * (a + 3 * b)))
        assert 80 < circumference < 400
        assert 0.65 < b / a < 0.95


@pytest.mark.parametrize("structure", [CSP, LV], ids=lambda s: s.name)
def test_csp_and_lv_are_rectangles_within_the_head(structure: Structure) -> None:
    for p in uncut():
        pixels = p.mask == structure.value
        if not pixels.any():
            assert structure is CSP
            continue
        box = Fit(pixels, p.spacing)
        along, across = box.points @ box.along, box.points @ box.across
        area = pixels.sum() * p.spacing[0] * p.spacing[1]
        assert 0.85 < area / (np.ptp(along) * np.ptp(across)) < 1.2
        assert np.ptp(along) > np.ptp(across)
        u, v = Fit(brain_of(p), p.spacing).local(box.points)
        assert (u**2 + v**2 < 1).all()


def test_lv_lies_in_the_far_half_and_csp_on_the_midline_at_the_other_end() -> None:
    for p in uncut():
        head = Fit(brain_of(p), p.spacing)
        lv_u, lv_v = head.local(Fit(p.mask == LV.value, p.spacing).centre)
        assert 0.15 < lv_v < 0.65
        if (p.mask == CSP.value).any():
            csp_u, csp_v = head.local(Fit(p.mask == CSP.value, p.spacing).centre)
            assert abs(csp_v) < 0.2
            assert csp_u * lv_u < 0


def test_sizes_in_mm_are_those_of_fetuses() -> None:
    rng = np.random.default_rng(0)
    heads = []
    for _ in range(500):
        size = draw_size(rng)
        heads.append(draw_head(rng, size, Axes(0.0, 0.0, 0.0, 1)))
    assert all(4 <= head.lv.width <= 16 for head in heads)
    assert 5.2 < np.mean([head.lv.width for head in heads]) < 7
    assert all(2 <= head.csp.width <= 9 for head in heads if head.csp)
    weeks = [head.size.weeks for head in heads]
    assert np.mean([18 <= w <= 30 for w in weeks]) > 0.75


def test_a_cut_head_has_no_brain() -> None:
    p = phantom(cut_seed())
    assert p.annotated == (CSP.name, LV.name)
    assert not (p.mask == BRAIN.value).any()
    assert (p.mask == LV.value).any()


def test_shares_of_absent_csp_and_of_cut_heads() -> None:
    absent, cuts, tries = 0, 0, 400
    for seed in range(tries):
        rng = np.random.default_rng(seed)
        size = draw_size(rng)
        pose = draw_pose(rng, size)
        absent += draw_head(rng, size, pose.axes).csp is None
        cuts += pose.cut
    assert 0.37 < absent / tries < 0.53
    assert 0.05 < cuts / tries < 0.16


def test_areas_are_those_of_annotated_pictures() -> None:
    shares: dict[int, list[float]] = {CSP.value: [], LV.value: []}
    for seed in range(60):
        rng = np.random.default_rng(seed)
        size = draw_size(rng)
        pose = draw_pose(rng, size)
        mask = draw_mask(draw_head(rng, size, pose.axes), pose)
        for value, found in shares.items():
            if (mask == value).any():
                found.append(100 * float((mask == value).mean()))
    assert 0.2 < np.median(shares[CSP.value]) < 0.5
    assert 0.35 < np.median(shares[LV.value]) < 0.75
