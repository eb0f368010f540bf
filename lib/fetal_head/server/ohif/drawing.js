/**
 * What all tools have in common. A tool is told of a press, of the way with the button down, and of its end, in pixels of the
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

import { paint } from './paint.js';

export const NOTHING = { lines: [], handles: [] };

/**
 * @typedef {{ structure: number, name: string, radius: number }} Chosen the value and the name of the structure, and the brush's size
 * @typedef {(mask: Uint8Array, pixels: number[], structure: number, columns: number) => void} Change
 */

/**
 * Paints a structure, and says that it was looked for: what nobody looked for adds nothing to a training, however it was drawn.
 * @param {import('./editor.js').Editor} editor
 * @param {Chosen} chosen
 * @param {Uint8Array} mask changed in place
 * @param {number[]} pixels
 * @param {Change} [how] paints, or replaces what was there
 */
export function draw(editor, { structure, name }, mask, pixels, how = paint) {
  if (pixels.length) editor.annotated.add(name);
  how(mask, pixels, structure, editor.size.columns);
}

/**
 * @param {Point} p
 * @param {Point} q
 */
export function distance(p, q) {
  return Math.hypot(p.x - q.x, p.y - q.y);
}
