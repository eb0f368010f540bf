/** Polygon, ellipse and rectangle: tools that draw what lies within an outline. */

import { NOTHING, distance, draw } from './drawing.js';
import { BRAIN, replace } from './paint.js';
import * as raster from './raster.js';
import { ELLIPSE, RECTANGLE, between, fitted, handles, outline, pulled } from './shape.js';

/**
 * @typedef {import('./drawing.js').Point} Point
 * @typedef {import('./drawing.js').Tool} Tool
 * @typedef {import('./drawing.js').Chosen} Chosen
 * @typedef {import('./raster.js').Oriented} Oriented
 */

/**
 * Corner by corner; closed by a double click, by Enter, or by a click on the first corner.
 * @param {import('./editor.js').Editor} editor
 * @param {() => Chosen} chosen
 * @returns {Tool}
 */
export function polygon(editor, chosen) {
  /** @type {Point[]} */
  let corners = [];
  /** Those that were there before the press. */
  let before = corners;
  let pointer = { x: 0, y: 0 };
  const finish = () => {
    const closed = corners;
    corners = [];
    if (closed.length > 2) editor.edit((mask) => draw(editor, chosen(), mask, raster.polygon(closed, editor.size)));
  };
  return {
    press(at, near) {
      pointer = at;
      before = [...corners];
      if (corners.length > 2 && distance(at, corners[0]) <= near) finish();
      else if (!corners.length || distance(at, corners[corners.length - 1]) > 0.5) corners.push(at);
    },
    move(way) {
      pointer = way[way.length - 1];
    },
    release() {},
    drop() {
      if (corners.length) corners = before;
    },
    isBegun: () => corners.length > 0,
    drawn: () => (corners.length ? { lines: [[...corners, pointer]], handles: corners } : NOTHING),
    finish,
    cancel() {
      corners = [];
    },
  };
}

/**
 * An ellipse for the head, an oriented rectangle for CSP and LV: it lies on what is there, and is pulled by its handles.
 * @param {import('./editor.js').Editor} editor
 * @param {() => Chosen} chosen
 * @param {'ellipse' | 'rectangle'} kind
 * @returns {Tool}
 */
export function shape(editor, chosen, kind) {
  /** @type {import('./shape.js').Handle | 'new'} */
  let held = 'new';
  /** @type {Oriented | null} */
  let ours = null;
  /** @type {{ structure: number, steps: number } | null} what `ours` was worked out for */
  let of = null;
  let from = { x: 0, y: 0 };
  /** How far from there a new one begins: a click with a hand that shakes must not take the head away. */
  let least = 0;
  /** @type {ReturnType<typeof editor.begin> | null} */
  let begun = null;
  // an undo meanwhile ends what was begun, and the shape lies on what is there then
  const isHeld = () => begun?.goesOn() ?? false;

  const current = () => {
    const { structure } = chosen();
    if (!isHeld() && (of?.structure !== structure || of.steps !== editor.steps)) {
      // the head is everything inside it
      const belongs = structure === BRAIN ? (/** @type {number} */ v) => v > 0 : (/** @type {number} */ v) => v === structure;
      ours = fitted(editor.mask, editor.size.columns, belongs, kind === 'ellipse' ? ELLIPSE : RECTANGLE);
      of = { structure, steps: editor.steps };
    }
    return ours;
  };
  return {
    press(at, near) {
      const found = current();
      const ends = found ? Object.entries(handles(found)) : [];
      const nearest = ends.sort((p, q) => distance(p[1], at) - distance(q[1], at))[0];
      held = nearest && distance(nearest[1], at) <= near ? /** @type {import('./shape.js').Handle} */ (nearest[0]) : 'new';
      [from, least] = [at, held === 'new' ? near / 3 : 0];
      begun = editor.begin();
    },
    move(way) {
      const to = way[way.length - 1];
      if (!isHeld() || distance(from, to) < least) return;
      least = 0;
      ours = held === 'new' ? between(from, to) : pulled(/** @type {Oriented} */ (ours), held, to);
      const pixels = raster[kind](ours, editor.size);
      begun?.again((mask) => draw(editor, chosen(), mask, pixels, replace));
    },
    release() {
      if (!isHeld()) return;
      begun?.end();
      of = { structure: chosen().structure, steps: editor.steps };
    },
    drop() {
      begun?.drop();
      of = null;
    },
    drawn() {
      const found = current();
      return found ? { lines: [outline(found, kind)], handles: Object.values(handles(found)) } : NOTHING;
    },
  };
}
