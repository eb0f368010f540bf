/** Masks as runs of one value: short enough for a browser's storage and for many steps of undo. */

/**
 * @param {Uint8Array} mask
 * @returns {number[]} value, length, value, length ...
 */
export function toRuns(mask) {
  const runs = [];
  for (let start = 0, end; start < mask.length; start = end) {
    for (end = start + 1; end < mask.length && mask[end] === mask[start]; end++);
    runs.push(mask[start], end - start);
  }
  return runs;
}

/**
 * @param {number[]} runs
 * @returns {Uint8Array}
 */
export function fromRuns(runs) {
  const mask = new Uint8Array(runs.reduce((sum, run, i) => sum + (i % 2 ? run : 0), 0));
  for (let i = 0, start = 0; i < runs.length; start += runs[i + 1], i += 2) mask.fill(runs[i], start, start + runs[i + 1]);
  return mask;
}
