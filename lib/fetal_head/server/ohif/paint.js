/**
 * What happens to a mask when a structure is painted or erased. CSP and LV lie inside the head: they are never painted over
 * with BRAIN, and where they are erased there is BRAIN again.
 */

export const BACKGROUND = 0;
export const BRAIN = 1;

/**
 * @param {Uint8Array} mask changed in place
 * @param {Iterable<number>} pixels
 * @param {number} structure
 */
export function paint(mask, pixels, structure) {
  for (const pixel of pixels) {
    if (structure !== BRAIN || mask[pixel] === BACKGROUND) mask[pixel] = structure;
  }
}

/**
 * @param {Uint8Array} mask changed in place
 * @param {Iterable<number>} pixels
 * @param {number} structure the only one that is erased
 */
export function erase(mask, pixels, structure) {
  const below = structure !== BRAIN && mask.includes(BRAIN) ? BRAIN : BACKGROUND;
  for (const pixel of pixels) {
    if (mask[pixel] === structure) mask[pixel] = below;
  }
}

/**
 * Puts a structure just there and nowhere else.
 * @param {Uint8Array} mask changed in place
 * @param {Iterable<number>} pixels
 * @param {number} structure
 */
export function replace(mask, pixels, structure) {
  erase(mask, mask.keys(), structure);
  paint(mask, pixels, structure);
}
