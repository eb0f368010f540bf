"""Millimetres that are right, or none."""

from __future__ import annotations

import csv
import io
import json
import math
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fetal_head.biometry import growth, measure
from fetal_head.biometry.bpd import outer_inner
from fetal_head.biometry.ellipse import Ellipse, fit_ellipse
from fetal_head.biometry.gestational_age import hadlock_bpd_weeks, hadlock_weeks, intergrowth_weeks
from fetal_head.imaging import read_image
from fetal_head.labels import BRAIN, CSP, LV

ROWS, COLUMNS = 540, 800


def _ellipse(major: float, minor: float, angle: float, spacing: tuple[float, float]) -> np.ndarray:
    """A filled ellipse of axes in mm, centred, drawn on pixels of `spacing`."""
    y = (np.arange(ROWS) - ROWS / 2)[:, None] * spacing[0]
    x = (np.arange(COLUMNS) - COLUMNS / 2)[None] * spacing[1]
    u, v = x * math.cos(angle) + y * math.sin(angle), -x * math.sin(angle) + y * math.cos(angle)
    return (u / (major / 2)) ** 2 + (v / (minor / 2)) ** 2 <= 1


@settings(max_examples=30)
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


@settings(max_examples=30)
@given(st.floats(-0.7, 0.7))
@example(0.013671875)
def test_widths_of_tilted_rectangles(tilt: float) -> None:
    spacing = (0.2, 0.15)
    mask = _ellipse(90, 70, tilt, spacing).astype(np.uint8)
    y = (np.arange(ROWS) - ROWS / 2)[:, None] * spacing[0]
    x = (np.arange(COLUMNS) - COLUMNS / 2)[None] * spacing[1]
    u, v = x * math.cos(tilt) + y * math.sin(tilt), -x * math.sin(tilt) + y * math.cos(tilt)
    mask[(abs(u + 20) <= 5) & (abs(v) <= 2.5)] = 2
    mask[(abs(u - 15) <= 8) & (abs(v - 15) <= 3.5)] = 3
    measured = measure(mask, spacing)
    # two pixels: along an edge that is hardly tilted, which of them it takes in is chance
    assert measured.csp_width == pytest.approx(5, abs=0.4)
    assert measured.lv_width == pytest.approx(7, abs=0.4)


def test_tilted_structures_are_not_measured_too_wide() -> None:
    """A ventricle below 10 mm must not come out above it for the stairs of its edge."""
    spacing, found = (0.3, 0.3), []
    for step in range(60):
        angle = 0.05 + 0.012 * step
        lv = _ellipse(22 + 0.05 * step, 9.8, angle, spacing)
        found.append(measure(np.where(lv, np.uint8(LV.value), np.uint8(0)), spacing).lv_width or 0)
    # a third of a pixel
    assert np.mean(found) == pytest.approx(9.8, abs=0.1)


def test_a_ventricle_that_the_border_cuts_has_no_width() -> None:
    lv = _ellipse(30, 12, 0.2, (0.2, 0.2))
    whole = np.where(lv, np.uint8(LV.value), np.uint8(0))
    cut = whole[ROWS // 2 :]
    assert measure(whole, (0.2, 0.2)).lv_width == pytest.approx(12, abs=0.2)
    measured = measure(cut, (0.2, 0.2), weeks=20)
    assert (measured.lv_width, measured.lv_width_z, measured.flags) == (None, None, ("lv_cut",))


def test_block_of_pixels_is_as_long_as_its_pixels() -> None:
    mask = np.zeros((50, 80), np.uint8)
    mask[10:16, 20:60] = 3
    assert measure(mask, None).lv_width == pytest.approx(6)
    assert measure(mask, (0.5, 0.1)).lv_width == pytest.approx(3)


def test_without_pixel_size_there_are_no_millimetres_and_no_age() -> None:
    measured = measure(_ellipse(80, 60, 0.2, (0.2, 0.2)).astype(np.uint8), None, weeks=20)
    assert measured.unit == "px"
    assert measured.ofd == pytest.approx(400, rel=2e-3)
    assert measured.ci == pytest.approx(75, rel=2e-3)
    needs_mm = ("bpd_outer_inner", "ga_hadlock_weeks", "ga_intergrowth_weeks", "ga_hadlock_bpd_weeks")
    scores = [name for name in asdict(measured) if name.endswith(("_z", "_centile"))]
    assert len(scores) == 8
    assert all(getattr(measured, name) is None for name in (*needs_mm, *scores))
    assert measured.flags == ("no_pixel_size",)


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


def _head_with_structures(spacing: tuple[float, float]) -> np.ndarray:
    """A head of 90 x 70 mm at 0.3 radians with a CSP 5 mm wide across its axis and an LV of 16 x 11 mm."""
    mask = _ellipse(90, 70, 0.3, spacing).astype(np.uint8)
    y = (np.arange(ROWS) - ROWS / 2)[:, None] * spacing[0]
    x = (np.arange(COLUMNS) - COLUMNS / 2)[None] * spacing[1]
    u, v = x * math.cos(0.3) + y * math.sin(0.3), -x * math.sin(0.3) + y * math.cos(0.3)
    mask[(abs(u + 20) <= 5) & (abs(v) <= 2.5)] = CSP.value
    mask[(abs(u - 15) <= 8) & (abs(v - 15) <= 5.5)] = LV.value
    return mask


@settings(max_examples=10)
@given(st.floats(0.18, 0.22), st.floats(0.8, 1.25))
def test_a_stretched_image_measures_the_same(row_mm: float, stretch: float) -> None:
    square = measure(_head_with_structures((0.2, 0.2)), (0.2, 0.2), weeks=24)
    spacing = (row_mm, row_mm * stretch)
    stretched = measure(_head_with_structures(spacing), spacing, weeks=24)
    for name in ("hc", "hc_axes", "bpd", "bpd_outer_inner", "ofd", "ci", "ga_hadlock_weeks", "ga_hadlock_bpd_weeks"):
        assert getattr(stretched, name) == pytest.approx(getattr(square, name), rel=3e-3), name
    assert stretched.csp_width == pytest.approx(5, abs=0.5)
    assert stretched.lv_width == pytest.approx(11, abs=0.5)
    assert stretched.hc_z == pytest.approx(square.hc_z, abs=0.1)


def test_circumference_from_the_axes_is_a_little_lower() -> None:
    measured = measure(_ellipse(100, 78, 0.0, (0.25, 0.25)).astype(np.uint8), (0.25, 0.25))
    assert measured.hc is not None
    assert measured.hc_axes == pytest.approx(math.pi * 89, rel=2e-3)
    assert measured.hc_axes == pytest.approx(0.996 * measured.hc, rel=5e-4)


def test_z_scores_are_for_an_age_that_is_given() -> None:
    mask = _head_with_structures((0.2, 0.2))
    scores = [f"{name}_{what}" for name in ("hc", "bpd", "ofd", "lv_width") for what in ("z", "centile")]
    undated, dated, late = (measure(mask, (0.2, 0.2), weeks=weeks) for weeks in (None, 26, 44))
    assert all(getattr(dated, name) is not None for name in scores)
    assert all(getattr(undated, name) is None and getattr(late, name) is None for name in scores)
    assert (undated.weeks, dated.weeks) == (None, 26)
    assert dated.lv_width == pytest.approx(11, abs=0.3)
    assert dated.lv_width_z == pytest.approx((dated.lv_width - 5.8898) / 1.5614, abs=0.001)


def test_each_age_and_score_is_of_its_own_length() -> None:
    measured = measure(_head_with_structures((0.2, 0.2)), (0.2, 0.2), weeks=26)
    assert measured.bpd_outer_inner == outer_inner(measured.bpd)
    assert measured.ga_hadlock_weeks == hadlock_weeks(measured.hc)
    assert measured.ga_intergrowth_weeks == intergrowth_weeks(measured.hc)
    assert measured.ga_hadlock_bpd_weeks == hadlock_bpd_weeks(measured.bpd_outer_inner)
    for name, standard in (("hc", growth.HC), ("bpd", growth.BPD), ("ofd", growth.OFD), ("lv_width", growth.LV)):
        length = getattr(measured, name)
        assert getattr(measured, f"{name}_z") == standard.z_score(length, 26)
        assert getattr(measured, f"{name}_centile") == standard.centile(length, 26)


def test_a_cut_head_still_has_its_ventricle_judged() -> None:
    mask = _head_with_structures((0.2, 0.2))
    mask[:, COLUMNS // 2 :][mask[:, COLUMNS // 2 :] == 0] = BRAIN.value
    measured = measure(mask, (0.2, 0.2), weeks=26)
    assert measured.hc_z is None
    assert measured.bpd_outer_inner is None
    assert measured.lv_width_z is not None
    assert measured.flags == ("head_cut", "ventriculomegaly")


def test_measurements_are_plain_data() -> None:
    found = asdict(measure(_head_with_structures((0.2, 0.2)), None, weeks=26, confidence={"BRAIN": 0.99, "CSP": 0.6, "LV": None}))
    read = json.loads(json.dumps(found))
    assert read == {**found, "flags": ["no_pixel_size", "low_confidence"]}
    table = io.StringIO()
    csv.DictWriter(table, list(found)).writerow(found)
    assert "no_pixel_size', 'low_confidence" in table.getvalue()


def test_head_circumference_of_true_masks(real_data: Path) -> None:
    """HC from the published masks against the published HC."""
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
    assert np.mean(np.abs(errors)) < 1.5


@pytest.mark.parametrize("value", [1, 3])
@pytest.mark.parametrize("side", range(4))
def test_whichever_border_cuts_a_head_or_a_ventricle_it_has_no_lengths(value: int, side: int) -> None:
    """Turned, so that each border of the image cuts it in turn, along a part of its length."""
    mask = np.zeros((120, 150), dtype=np.uint8)
    mask[Ellipse((75.0, 10.0), 90.0, 60.0, 0.1).region(mask.shape)] = value
    whole = np.pad(mask, ((40, 0), (0, 0)))
    whole[Ellipse((75.0, 50.0), 90.0, 60.0, 0.1).region(whole.shape)] = value
    found, uncut = (measure(np.rot90(each, side), (0.5, 0.5)) for each in (mask, whole))
    name, cut = ("hc", "head_cut") if value == 1 else ("lv_width", "lv_cut")
    assert (getattr(found, name), getattr(found, cut)) == (None, True)
    assert getattr(uncut, name) is not None
    assert not getattr(uncut, cut)
