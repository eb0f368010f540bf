/**
 * The steps that undo and redo go back and forth by.
 *
 * @typedef {{ runs: number[], annotated: string[], model: string | null }} Step a version of a mask as it is kept
 */

import { spokenOf } from './paint.js';
import { toRuns } from './runs.js';

const MOST = 200;

/**
 * @param {{ mask: Uint8Array, annotated: Set<string>, model: string | null, head: string }} editor
 * @returns {Step} what it has, and would say as a label
 */
export function stepOf({ mask, annotated, model, head }) {
  return { runs: toRuns(mask), annotated: spokenOf([...annotated], mask, head), model };
}

export class Steps {
  constructor() {
    /** @type {Step[]} */
    this._before = [];
    /** @type {Step[]} */
    this._after = [];
  }

  /** @param {Step} before what was there before a new change */
  add(before) {
    this._before.push(before);
    if (this._before.length > MOST) this._before.shift();
    this._after.length = 0;
  }

  /**
   * @param {Step} now what is there
   * @returns {Step | undefined} what was there before, if anything
   */
  back(now) {
    return moved(this._before, this._after, now);
  }

  /**
   * @param {Step} now
   * @returns {Step | undefined} what was there before one went back
   */
  forth(now) {
    return moved(this._after, this._before, now);
  }
}

/**
 * @param {Step[]} from
 * @param {Step[]} to
 * @param {Step} now
 */
function moved(from, to, now) {
  const step = from.pop();
  if (step) to.push(now);
  return step;
}
