/** The tools of an image: what the left mouse button does to its mask. */

import { draw } from './drawing.js';
import { polygon, shape } from './outlines.js';
import { erase } from './paint.js';
import { brush, fill } from './strokes.js';

/**
 * @param {import('./editor.js').Editor} editor
 * @param {() => import('./drawing.js').Chosen} chosen
 * @returns {Record<string, import('./drawing.js').Tool>} by name
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
