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

/**
 * A short name for what a label says: another mask, or one that speaks of other structures, has another one.
 * @param {{ runs: number[], annotated: string[] }} label
 * @returns {string}
 */
export function printOf({ runs, annotated }) {
  let hash = 0x811c9dc5;
  // FNV-1a over whole numbers: a page without TLS has no digests of the browser's
  for (const number of runs) hash = Math.imul(hash ^ number, 0x01000193);
  return `${[...annotated].sort()} ${runs.length} ${hash >>> 0}`;
}
