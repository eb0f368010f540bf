/**
 * What happens to a mask when a structure is painted or erased, and which it then speaks of. CSP and LV lie inside the head:
 * they are never painted over with BRAIN, and where they are erased inside the head there is BRAIN again.
 */

export const BACKGROUND = 0;
export const BRAIN = 1;

/**
 * Those of some structures that a label speaks of; the server's own rule: a head without a pixel is cut, not absent.
 * @param {string[]} names
 * @param {Uint8Array} mask
 * @param {string} head what the head is called among them
 */
export const spokenOf = (names, mask, head) => names.filter((name) => name !== head || mask.includes(BRAIN));

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
 * @param {number} columns of the mask
 */
export function erase(mask, pixels, structure, columns) {
  const clear = eraserOf(mask, structure, columns);
  for (const pixel of pixels) clear(pixel);
}

/**
 * Puts a structure just there and nowhere else.
 * @param {Uint8Array} mask changed in place
 * @param {Iterable<number>} pixels
 * @param {number} structure
 * @param {number} columns of the mask
 */
export function replace(mask, pixels, structure, columns) {
  const clear = eraserOf(mask, structure, columns);
  for (let pixel = 0; pixel < mask.length; pixel++) clear(pixel);
  paint(mask, pixels, structure);
}

/**
 * @param {Uint8Array} mask changed in place
 * @param {number} structure
 * @param {number} columns of the mask
 * @returns {(pixel: number) => void}
 */
function eraserOf(mask, structure, columns) {
  const inside = structure === BRAIN ? () => false : headOf(mask, columns);
  return (pixel) => {
    if (mask[pixel] === structure) mask[pixel] = inside(pixel) ? BRAIN : BACKGROUND;
  };
}

/**
 * Tells of a pixel whether it lies inside the head: BRAIN is on both sides of it, along its row or along its column.
 * @param {Uint8Array} mask
 * @param {number} columns
 * @returns {(pixel: number) => boolean}
 */
function headOf(mask, columns) {
  const rows = mask.length / columns;
  const [left, right] = [new Int32Array(rows).fill(columns), new Int32Array(rows).fill(-1)];
  const [top, bottom] = [new Int32Array(columns).fill(rows), new Int32Array(columns).fill(-1)];
  for (let y = 0, pixel = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++, pixel++) {
      if (mask[pixel] !== BRAIN) continue;
      left[y] = Math.min(left[y], x);
      right[y] = x;
      top[x] = Math.min(top[x], y);
      bottom[x] = y;
    }
  }
  return (pixel) => {
    const [x, y] = [pixel % columns, Math.floor(pixel / columns)];
    return (left[y] < x && x < right[y]) || (top[x] < y && y < bottom[x]);
  };
}
