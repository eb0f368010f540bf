"""Millimetres that are right, or none."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fetal_head.biometry import measure
from fetal_head.biometry.ellipse import fit_ellipse
from fetal_head.biometry.gestational_age import hadlock_weeks, intergrowth_weeks

ROWS, COLUMNS = 540, 800


def _ellipse(major: float, minor: float, angle: float, spacing: tuple[float, float]) -> np.ndarray:
    """A filled ellipse of axes in mm, centred, drawn on pixels of `spacing`."""
    y = (np.arange(ROWS) - ROWS / 2)[:, None] * spacing[0]
    x = (np.arange(COLUMNS) - COLUMNS / 2)[None] * spacing[1]
    u, v = x * math.cos(angle) + y * math.sin(angle), -x * math.sin(angle) + y * math.cos(angle)
    return (u / (major / 2)) ** 2 + (v / (minor / 2)) ** 2 <= 1


@settings(max_examples=30, deadline=None)
@given(st.floats(50, 90), st.floats(0.7, 0.95), st.floats(-1.5, 1.5), st.floats(0.18, 0.25), st.floats(0.8, 1.25))
def test_ellipse_is_measured_in_millimetres_whatever_the_pixels(
    major: float, ratio: float, angle: float, row_mm: float, stretch: float
) -> None:
    spacing = (row_mm, row_mm * stretch)
    head = _ellipse(major, major * ratio, angle, spacing)
    fitted = fit_ellipse(head, spacing)
    assert fitted is not None
    assert fitted.major == pytest.approx(major, rel=2e-3)
    assert fitted.minor == pytest.approx(major * ratio, rel=2e-3)
    turned = (fitted.angle - angle + math.pi / 2) % math.pi - math.pi / 2
    assert abs(turned) < 0.02
    measured = measure(head.astype(np.uint8), spacing)
    a, b = major / 2, major * ratio / 2
    steps = np.linspace(0, 2 * math.pi, 20001)
    true_hc = float(np.hypot(np.diff(a * np.cos(steps)), np.diff(b * np.sin(steps))).sum())
    assert measured.hc == pytest.approx(true_hc, rel=2e-3)
    assert measured.ci == pytest.approx(100 * ratio, rel=3e-3)


@settings(max_examples=30, deadline=None)
@given(st.floats(-0.7, 0.7))
def test_widths_of_tilted_rectangles(tilt: float) -> None:
    spacing = (0.2, 0.15)
    mask = _ellipse(90, 70, tilt, spacing).astype(np.uint8)
    y = (np.arange(ROWS) - ROWS / 2)[:, None] * spacing[0]
    x = (np.arange(COLUMNS) - COLUMNS / 2)[None] * spacing[1]
    u, v = x * math.cos(tilt) + y * math.sin(tilt), -x * math.sin(tilt) + y * math.cos(tilt)
    mask[(abs(u + 20) <= 5) & (abs(v) <= 2.5)] = 2
    mask[(abs(u - 15) <= 8) & (abs(v - 15) <= 3.5)] = 3
    measured = measure(mask, spacing)
    assert measured.csp_width == pytest.approx(5, abs=0.3)
    assert measured.lv_width == pytest.approx(7, abs=0.3)


def test_block_of_pixels_is_as_long_as_its_pixels() -> None:
    mask = np.zeros((50, 80), np.uint8)
    mask[10:16, 20:60] = 3
    assert measure(mask, None).lv_width == pytest.approx(6)
    assert measure(mask, (0.5, 0.1)).lv_width == pytest.approx(3)


def test_without_pixel_size_there_are_no_millimetres_and_no_age() -> None:
    measured = measure(_ellipse(80, 60, 0.2, (0.2, 0.2)).astype(np.uint8), None)
    assert measured.unit == "px"
    assert measured.ofd == pytest.approx(400, rel=2e-3)
    assert measured.ga_hadlock_weeks is None
    assert measured.ga_intergrowth_weeks is None


def test_a_head_cut_by_the_border_is_not_measured() -> None:
    mask = np.zeros((100, 100), np.uint8)
    mask[0:60, 10:80] = 1
    mask[20:25, 30:50] = 3
    measured = measure(mask, (0.5, 0.5))
    assert measured.head_cut
    assert measured.hc is None
    assert measured.lv_width == pytest.approx(2.5)
    empty = measure(np.zeros((50, 50), np.uint8), (0.5, 0.5))
    assert (empty.hc, empty.lv_width, empty.head_cut) == (None, None, False)


def test_csp_and_lv_without_a_head_are_no_head() -> None:
    mask = np.zeros((100, 100), np.uint8)
    mask[20:25, 30:50] = 2
    measured = measure(mask, (0.5, 0.5))
    assert measured.hc is None
    assert measured.csp_width is None, "the midline is not known"


def test_gestational_age_oracles() -> None:
    assert hadlock_weeks(175) == pytest.approx(20.02, abs=0.005)
    assert intergrowth_weeks(175) == pytest.approx(20.22, abs=0.005)
    assert hadlock_weeks(40) is None
    assert intergrowth_weeks(400) is None


def test_head_circumference_of_true_masks(real_data: Path) -> None:
    """HC from the published masks against the published HC."""
    import csv

    from fetal_head.imaging import read_image

    with (real_data / "hc18" / "training_set_pixel_size_and_HC.csv").open() as file:
        rows = list(csv.DictReader(file))[::40]
    errors = []
    for row in rows:
        mask, _ = read_image(real_data / "hc18" / "training_set" / row["filename"].replace(".png", "_Annotation.png"))
        size = float(row["pixel size(mm)"])
        hc = measure((mask > 0).astype(np.uint8), (size, size)).hc
        if hc is not None:
            errors.append(hc - float(row["head circumference (mm)"]))
    assert len(errors) >= 15
    assert abs(np.mean(errors)) < 1.5
