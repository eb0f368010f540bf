/** Brush, eraser and fill: tools that draw where the hand is. */

import { NOTHING, draw } from './drawing.js';
import * as raster from './raster.js';
import { outline } from './shape.js';

/**
 * @typedef {import('./drawing.js').Point} Point
 * @typedef {import('./drawing.js').Tool} Tool
 * @typedef {import('./drawing.js').Chosen} Chosen
 * @typedef {import('./drawing.js').Change} Change
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
