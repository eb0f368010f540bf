"""What modules of the page do with one another, called by themselves: drafts of tabs, versions, steps, questions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.slow
Call = Callable[..., Any]


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
