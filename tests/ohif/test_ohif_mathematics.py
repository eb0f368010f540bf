"""The page's own mathematics, held against the library's."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_array_equal

from fetal_head.biometry.ellipse import Ellipse, fit_ellipse
from fetal_head.imaging import Geometry, read_mask, write_mask

pytestmark = pytest.mark.slow
ROWS, COLUMNS = 60, 90
MASKS = arrays(np.uint8, (ROWS, COLUMNS), elements=st.integers(0, 3), fill=st.integers(0, 3))
few = settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
Call = Callable[..., Any]


@few
@example(10.0, 0.5, 0.0, 40.0, 30.0)
@example(5.0, 0.8, 0.0, 20.0, 15.0)
@given(st.floats(5, 40), st.floats(0.3, 0.95), st.floats(-1.5, 1.5), st.floats(20, 70), st.floats(15, 45))
def test_an_ellipse_has_the_pixels_that_the_library_gives_it(
    call: Call, a: float, ratio: float, angle: float, x: float, y: float
) -> None:
    ellipse = Ellipse((x, y), 2 * a, 2 * a * ratio, angle)
    shape = {"centre": {"x": x, "y": y}, "a": a, "b": a * ratio, "angle": angle}
    found = call("raster", "(m, shape, size) => m.ellipse(shape, size)", shape, {"rows": ROWS, "columns": COLUMNS})
    drawn = np.zeros(ROWS * COLUMNS, dtype=bool)
    drawn[found] = True
    # a centre on the very outline is on either side of it, as the rounding of two ways to reckon has it
    decided = ~_on_outline(ellipse).ravel()
    assert_array_equal(drawn[decided], ellipse.region((ROWS, COLUMNS)).ravel()[decided])


def _on_outline(ellipse: Ellipse) -> np.ndarray:
    y, x = np.mgrid[:ROWS, :COLUMNS]
    along = (x - ellipse.centre[0] + 1j * (y - ellipse.centre[1])) * np.exp(-1j * ellipse.angle)
    return np.abs((2 * along.real / ellipse.major) ** 2 + (2 * along.imag / ellipse.minor) ** 2 - 1) < 1e-9


@few
@given(st.floats(8, 25), st.floats(0.4, 0.9), st.floats(-1.5, 1.5))
def test_an_ellipse_is_fitted_as_the_library_fits_it(call: Call, a: float, ratio: float, angle: float) -> None:
    region = Ellipse((45.0, 30.0), 2 * a, 2 * a * ratio, angle).region((ROWS, COLUMNS))
    ours = fit_ellipse(region)
    assert ours is not None
    expression = "(m, mask, columns) => m.fitted(Uint8Array.from(mask), columns, (v) => v > 0, m.ELLIPSE)"
    found = call("shape", expression, region.astype(int).ravel().tolist(), COLUMNS)
    assert (found["centre"]["x"], found["centre"]["y"]) == pytest.approx(ours.centre)
    assert (2 * found["a"], 2 * found["b"]) == pytest.approx((ours.major, ours.minor))
    assert math.sin(found["angle"] - ours.angle) == pytest.approx(0, abs=1e-6)


@few
@given(MASKS)
def test_runs_give_back_the_mask(call: Call, mask: np.ndarray) -> None:
    back = call("runs", "(m, mask) => Array.from(m.fromRuns(m.toRuns(Uint8Array.from(mask))))", mask.ravel().tolist())
    assert_array_equal(np.reshape(back, mask.shape), mask)


@few
@given(MASKS)
def test_masks_go_to_the_page_and_back(call: Call, tmp_path: Path, mask: np.ndarray) -> None:
    write_mask(tmp_path / "ours.nrrd", mask, Geometry(mask.shape, spacing=(0.2, 0.3)))
    found = call(
        "nrrd",
        """async (m, file) => {
            const { mask, rows, columns } = await m.readNrrd(Uint8Array.from(file).buffer);
            return [rows, columns, Array.from(new Uint8Array(await (await m.writeNrrd(mask, { rows, columns })).arrayBuffer()))];
        }""",
        list((tmp_path / "ours.nrrd").read_bytes()),
    )
    assert found[:2] == [ROWS, COLUMNS]
    (tmp_path / "theirs.nrrd").write_bytes(bytes(found[2]))
    assert_array_equal(read_mask(tmp_path / "theirs.nrrd", mask.shape), mask)


@few
@given(MASKS, st.integers(1, 3), st.sets(st.integers(0, ROWS * COLUMNS - 1), max_size=50))
def test_painting_and_erasing_keep_csp_and_lv_inside_the_head(
    call: Call, mask: np.ndarray, structure: int, pixels: set[int]
) -> None:
    expression = """(m, mask, pixels, structure, columns) => ['paint', 'erase', 'replace'].map((name) => {
        const changed = Uint8Array.from(mask);
        m[name](changed, pixels, structure, columns);
        return Array.from(changed);
    })"""
    flat, places = mask.ravel(), np.zeros(mask.size, dtype=bool)
    places[list(pixels)] = True
    painted, erased, replaced = np.array(call("paint", expression, flat.tolist(), sorted(pixels), structure, COLUMNS))
    free = places & (flat == 0) if structure == 1 else places
    assert_array_equal(painted, np.where(free, structure, flat))
    below = _inside(mask == 1).ravel() if structure != 1 else 0
    assert_array_equal(erased, np.where(places & (flat == structure), below, flat))
    assert set(np.flatnonzero(replaced == structure)) <= pixels
    assert_array_equal(replaced[~places & (flat != structure)], flat[~places & (flat != structure)])


def _inside(head: np.ndarray) -> np.ndarray:
    """Where there are pixels of the head on both sides, along the row or along the column."""
    left, right = (np.logical_or.accumulate(head[:, ::way], axis=1)[:, ::way] for way in (1, -1))
    above, below = (np.logical_or.accumulate(head[::way], axis=0)[::way] for way in (1, -1))
    return (left & right) | (above & below)


@few
@given(
    st.sampled_from(["centre", "a+", "a-", "b+", "b-"]),
    st.floats(-30, 30),
    st.floats(-30, 30),
    st.floats(-3, 3),
    st.floats(5, 20),
)
def test_a_pulled_handle_is_where_the_hand_is(call: Call, handle: str, dx: float, dy: float, angle: float, b: float) -> None:
    shape = {"centre": {"x": 50, "y": 40}, "a": 30, "b": b, "angle": angle}
    expression = """(m, shape, handle, dx, dy) => {
        const from = m.handles(shape)[handle];
        const after = m.pulled(shape, handle, { x: from.x + dx, y: from.y + dy });
        const opposite = { 'a+': 'a-', 'a-': 'a+', 'b+': 'b-', 'b-': 'b+' }[handle];
        return { from, to: m.handles(after)[handle], after,
            fixed: opposite && [m.handles(shape)[opposite], m.handles(after)[opposite]] };
    }"""
    found = call("shape", expression, shape, handle, dx, dy)
    after = found["after"]
    if found["fixed"]:
        before, now = found["fixed"]
        assert (now["x"], now["y"]) == pytest.approx((before["x"], before["y"]), abs=1e-6)
    if handle[0] == "c" or (handle[0] == "a" and after["a"] > 1):
        assert (found["to"]["x"], found["to"]["y"]) == pytest.approx((found["from"]["x"] + dx, found["from"]["y"] + dy), abs=1e-6)
    if handle[0] == "b":
        assert (after["a"], after["angle"]) == (30, angle)
