"""The page's own mathematics, held against the library's."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from desk import Desk
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


@pytest.fixture
def call(desk: Callable[[], Desk], server: Any) -> Call:
    """Calls `module.function(...)` in the browser."""
    page = desk().page
    page.goto(f"{server.url}/ohif/")

    def call(module: str, expression: str, *given: Any) -> Any:
        return page.evaluate(
            "async ([module, given]) => {"
            f" const m = await import(`/ohif/fetal-head/${{module}}.js`); return await ({expression})(m, ...given); }}",
            [module, list(given)],
        )

    return call


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


def test_a_tab_neither_overwrites_nor_forgets_what_another_one_keeps(call: Call) -> None:
    found = call(
        "drafts",
        """async ({ Drafts }) => {
          const { Editor } = await import('/ohif/fetal-head/editor.js');
          const size = { rows: 4, columns: 4 };
          const tab = () => {
            const predicted = { mask: new Uint8Array(16), annotated: ['BRAIN'], model: 'm' };
            const of = { image: 'a', place: '1.2', picture: '1.2.3' };
            return { drafts: new Drafts('ann'), editor: new Editor(of, size, predicted, false) };
          };
          const [one, two] = [tab(), tab()];
          const kept = () => new Drafts('ann').of(tab().editor)?.runs ?? null;
          one.editor.edit((mask) => mask.fill(1, 0, 12));
          two.editor.edit((mask) => mask.fill(2, 0, 1));
          const told = [one.drafts.keep(one.editor), two.drafts.keep(two.editor)];
          const stays = [JSON.stringify(kept()) === JSON.stringify(one.editor.draft.runs)];
          two.editor.submitted(two.editor.print);
          told.push(two.drafts.keep(two.editor));
          stays.push(JSON.stringify(kept()) === JSON.stringify(one.editor.draft.runs));
          const three = tab();
          three.editor.resume(three.drafts.of(three.editor));
          three.editor.edit((mask) => mask.fill(3, 12, 16));
          told.push(three.drafts.keep(three.editor), one.drafts.keep(one.editor));
          three.editor.submitted(three.editor.print);
          three.drafts.keep(three.editor);
          const gone = kept();
          told.push(one.drafts.keep(one.editor));
          one.editor.edit((mask) => mask.fill(2, 0, 1));
          one.drafts.keep(one.editor);
          const { editor } = tab();
          editor.picture = 'one that took its place';
          stays.push(kept() !== null, new Drafts('ann').of(editor) === null);
          return { told, stays, gone };
        }""",
    )
    assert found == {"told": [True, False, True, True, False, True], "stays": [True, True, True, True], "gone": None}


TABS = """async ({ Drafts }) => {
  const { Editor } = await import('/ohif/fetal-head/editor.js');
  const { resume } = await import('/ohif/fetal-head/drafts.js');
  const predicted = { mask: new Uint8Array(16), annotated: ['BRAIN'], model: 'm' };
  const of = { image: 'a', place: '1.2', picture: '1.2.3', replaces: 0, head: 'BRAIN' };
  const open = (drafts) => {
    const editor = new Editor(of, { rows: 4, columns: 4 }, predicted, false);
    resume(drafts, editor, { number: null });
    return editor;
  };
  const draw = (drafts, editor, value) => {
    editor.edit((mask) => mask.fill(value, 0, 8));
    return drafts.keep(editor);
  };
  const [here, there] = [new Drafts('ann'), new Drafts('ann')];
  %s
}"""


def test_what_a_page_keeps_itself_comes_back_over_nothing_that_another_tab_keeps(call: Call) -> None:
    found = call(
        "drafts",
        TABS
        % """
          const { setItem } = Storage.prototype;
          Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError'); };
          const first = open(here);
          const told = [draw(here, first, 1), here.isOnlyHere(first)];
          Storage.prototype.setItem = setItem;
          const theirs = new Editor(of, { rows: 4, columns: 4 }, predicted, false);
          theirs.edit((mask) => mask.fill(2, 0, 8));
          localStorage.setItem(here._key(first), JSON.stringify(theirs.draft));
          const kept = JSON.stringify({ ...localStorage });
          const again = open(here);
          told.push(again.mask[0], draw(here, again, 3), JSON.stringify({ ...localStorage }) === kept, here.holds(again));
          return told;""",
    )
    assert found == [True, True, 1, False, True, False]


def test_work_that_another_tab_took_back_is_at_risk(call: Call) -> None:
    found = call(
        "drafts",
        TABS
        % """
          const mine = open(here);
          const told = [draw(here, mine, 1), here.holds(mine)];
          const theirs = open(there);
          theirs.undo();
          there.keep(theirs);
          told.push(here.holds(mine));
          draw(there, theirs, 2);
          return [...told, here.holds(mine), there.holds(theirs)];""",
    )
    assert found == [True, True, False, False, True]


def test_earlier_versions_are_those_of_the_open_image(call: Call) -> None:
    """They can be judged and loaded: an answer that comes late must not lay another image's in their place."""
    found = call(
        "past",
        """async ({ Past }) => {
          const { Review } = await import('/ohif/fetal-head/review.js');
          const answers = {};
          const version = { number: 1, tag: 'final', status: 'pending', at: 0 };
          window.fetch = (path) => new Promise((done) => {
            answers[path] = (who) => done(new Response(JSON.stringify([{ ...version, who }])));
          });
          const past = new Past(() => {}, new Review(true, () => {}), async () => {});
          const first = past.show({ image: 'a', picture: '' });
          past.clear();
          const second = past.show({ image: 'b', picture: '' });
          answers['/history/b']('ben');
          await second;
          answers['/history/a']('ann');
          await first;
          const shown = past.element.textContent;
          past.clear();
          return [shown.includes('ben'), shown.includes('ann'), past.element.querySelectorAll('button').length];
        }""",
    )
    assert found == [True, False, 0]


def test_what_is_drawn_while_it_is_taken_back_is_a_step_of_its_own(call: Call) -> None:
    found = call(
        "editor",
        """({ Editor }) => {
          const of = { image: 'a', place: '1.2', picture: '1.2.3' };
          const predicted = { mask: new Uint8Array(4), annotated: ['BRAIN'], model: 'm' };
          const editor = new Editor(of, { rows: 1, columns: 4 }, predicted, false);
          const seen = [];
          const see = () => seen.push([...editor.mask].join(''));
          editor.edit((mask) => mask.fill(1, 0, 1));
          const stroke = editor.begin();
          stroke.show((mask) => mask.fill(2, 1, 2));
          editor.undo();
          see();
          stroke.show((mask) => mask.fill(3, 3));
          stroke.again((mask) => mask.fill(3, 3));
          stroke.end();
          see();
          editor.undo();
          see();
          editor.redo();
          editor.redo();
          see();
          const other = editor.begin();
          other.show((mask) => mask.fill(3, 3));
          editor.load({ ...predicted, mask: Uint8Array.of(1, 1, 1, 1) });
          other.end();
          see();
          editor.undo();
          see();
          return seen;
        }""",
    )
    assert found == ["1000", "1000", "0000", "1200", "1111", "1203"]


def test_the_server_is_asked_once_at_a_time_what_it_serves(call: Call) -> None:
    """On a slow line an answer that is overtaken would tell of the model before as of a new one."""
    asked = call(
        "training",
        """async ({ Training }) => {
          const asked = [];
          window.fetch = (path) => {
            asked.push(path);
            return new Promise(() => {});
          };
          const training = new Training('m', true, () => {});
          training.look();
          training.look();
          training.stop();
          return asked;
        }""",
    )
    assert asked == ["/model/versions", "/train/?all=true"]
