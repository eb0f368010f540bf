/**
 * What the left mouse button does. A tool is told of a press, of the way with the button down, and of its end, in pixels of the
 * image; what it draws over the image are lines of points and handles. Each change of a mask costs by the size of the image: a
 * mouse tells of many places at once.
 *
 * @typedef {import('./raster.js').Point} Point
 * @typedef {import('./raster.js').Oriented} Oriented
 * @typedef {{ lines: Point[][], handles: Point[] }} Drawn
 * @typedef {object} Tool
 * @property {(at: Point, near: number) => void} press `near` is how far off, in pixels, still meets a handle
 * @property {(way: Point[]) => void} move the places on the way, at least one; also without the button
 * @property {() => void} release
 * @property {() => void} drop takes back what the press began
 * @property {() => Drawn} drawn
 * @property {() => void} [finish] a double click or Enter
 * @property {() => void} [cancel] Escape
 * @property {() => boolean} [isBegun] whether something is begun that no mask has
 */

import { BRAIN, erase, paint, replace } from './paint.js';
import * as raster from './raster.js';
import { ELLIPSE, RECTANGLE, between, fitted, handles, outline, pulled } from './shape.js';

const NOTHING = { lines: [], handles: [] };

/**
 * @typedef {{ structure: number, name: string, radius: number }} Chosen the value and the name of the structure, and the brush's size
 * @typedef {(mask: Uint8Array, pixels: number[], structure: number, columns: number) => void} Change
 */

/**
 * @param {import('./editor.js').Editor} editor
 * @param {() => Chosen} chosen
 * @param {Change} change paints or erases
 * @returns {Tool}
 */
export function brush(editor, chosen, change) {
  /** @type {ReturnType<typeof editor.begin> | null} */
  let begun = null;
  let last = { x: NaN, y: NaN };
  const cover = (/** @type {Point[]} */ way) => {
    const { structure, radius } = chosen();
    const pixels = way.flatMap((to, i) => raster.stroke(i ? way[i - 1] : last, to, radius, editor.size));
    begun?.show((mask) => change(mask, pixels, structure, editor.size.columns));
  };
  return {
    press(at) {
      begun = editor.begin();
      last = at;
      cover([at]);
    },
    move(way) {
      if (begun) cover(way);
      last = way[way.length - 1];
    },
    release() {
      begun?.end();
      begun = null;
    },
    drop() {
      begun?.drop();
      begun = null;
    },
    drawn() {
      if (!Number.isFinite(last.x)) return NOTHING;
      const { radius } = chosen();
      // round in pixels, which on the screen need not be square
      return { ...NOTHING, lines: [outline({ centre: last, a: radius, b: radius, angle: 0 }, 'ellipse')] };
    },
  };
}

/**
 * Fills the area of one value under the pointer.
 * @param {import('./editor.js').Editor} editor
 * @param {() => Chosen} chosen
 * @returns {Tool}
 */
export function fill(editor, chosen) {
  /** @type {ReturnType<typeof editor.begin> | null} */
  let begun = null;
  return {
    press(at) {
      const { rows, columns } = editor.size;
      if (at.x < -0.5 || at.y < -0.5 || at.x >= columns - 0.5 || at.y >= rows - 0.5) return;
      const area = raster.connected(editor.mask, at, editor.size);
      begun = editor.begin();
      begun.show((mask) => draw(editor, chosen(), mask, area));
    },
    move() {},
    release: () => begun?.end(),
    drop: () => begun?.drop(),
    drawn: () => NOTHING,
  };
}

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

/**
 * @param {import('./editor.js').Editor} editor
 * @param {() => Chosen} chosen
 * @returns {Record<string, Tool>} by name
 */
export function toolsOf(editor, chosen) {
  return {
    brush: brush(editor, chosen, (mask, pixels) => draw(editor, chosen(), mask, pixels)),
    eraser: brush(editor, chosen, erase),
    fill: fill(editor, chosen),
    polygon: polygon(editor, chosen),
    ellipse: shape(editor, chosen, 'ellipse'),
    rectangle: shape(editor, chosen, 'rectangle'),
  };
}

/**
 * Paints a structure, and says that it was looked for: what nobody looked for adds nothing to a training, however it was drawn.
 * @param {import('./editor.js').Editor} editor
 * @param {Chosen} chosen
 * @param {Uint8Array} mask changed in place
 * @param {number[]} pixels
 * @param {Change} [how] paints, or replaces what was there
 */
function draw(editor, { structure, name }, mask, pixels, how = paint) {
  if (pixels.length) editor.annotated.add(name);
  how(mask, pixels, structure, editor.size.columns);
}

/**
 * @param {Point} p
 * @param {Point} q
 */
function distance(p, q) {
  return Math.hypot(p.x - q.x, p.y - q.y);
}
