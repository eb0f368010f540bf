/**
 * The mask of the open image while it is worked on: its state, and how it came to it.
 *
 * Events: `change` after every change of the mask, `annotated` when a structure was taken in or out, `sent` when the state of
 * the submission is another one.
 */

import { fromRuns, toRuns } from './runs.js';

const STEPS = 200;

export class Editor extends EventTarget {
  /**
   * @param {string} image its id
   * @param {import('./raster.js').Size} size
   * @param {string[]} structures all of them
   */
  constructor(image, size, structures) {
    super();
    this.image = image;
    this.size = size;
    this.mask = new Uint8Array(size.rows * size.columns);
    /** @type {Set<string>} the structures that the mask speaks of */
    this.annotated = new Set(structures);
    /** Whether there is something that the server does not have. */
    this.unsent = false;
    /** Whether somebody drew: an untouched prediction is no work of anybody. */
    this.touched = false;
    /** @type {string | null} the version of the model that it began with */
    this.model = null;
    this.openedAt = Date.now();
    /** Grows with every change. */
    this.steps = 0;
    /** @type {number[][]} */
    this._before = [];
    /** @type {number[][]} */
    this._after = [];
  }

  /**
   * Changes the mask in one step that can be undone.
   * @param {(mask: Uint8Array) => void} change in place
   */
  edit(change) {
    const before = toRuns(this.mask);
    change(this.mask);
    this._end(before);
  }

  /**
   * Begins a change that is seen while it goes on, and ends as one step.
   * @returns {{ show: (change: (mask: Uint8Array) => void) => void, again: (change: (mask: Uint8Array) => void) => void, end: () => void }}
   *   `show` changes what is there, `again` what was there at the beginning
   */
  begin() {
    const before = toRuns(this.mask);
    const show = (/** @type {(mask: Uint8Array) => void} */ change) => {
      change(this.mask);
      this.dispatchEvent(new CustomEvent('change', { detail: { during: true } }));
    };
    return {
      show,
      again: (change) => {
        this.mask.set(fromRuns(before));
        show(change);
      },
      end: () => this._end(before),
    };
  }

  /**
   * Shows what the server has, a prediction or a label; a step like any other, so that it can be taken back.
   * @param {Uint8Array} mask
   * @param {boolean} isNew whether the server does not have it as a label
   */
  load(mask, isNew) {
    this._keep(toRuns(this.mask));
    this.mask.set(mask);
    this._changed(isNew);
  }

  undo() {
    this._step(this._before, this._after);
  }

  redo() {
    this._step(this._after, this._before);
  }

  get canUndo() {
    return this._before.length > 0;
  }

  get canRedo() {
    return this._after.length > 0;
  }

  /**
   * @param {string} structure
   * @param {boolean} isAnnotated whether the mask speaks of it: one that was not looked for is unknown, not absent
   */
  annotate(structure, isAnnotated) {
    this.touched = true;
    if (isAnnotated) this.annotated.add(structure);
    else this.annotated.delete(structure);
    this._tell(true);
    this.dispatchEvent(new Event('annotated'));
  }

  /** What has to be kept so that nothing is lost when the page ends now. */
  get draft() {
    return { runs: toRuns(this.mask), annotated: [...this.annotated], model: this.model, ...this.size };
  }

  /**
   * Goes on from a draft that was kept.
   * @param {Editor['draft']} draft
   */
  resume(draft) {
    this.annotated = new Set(draft.annotated);
    this.model = draft.model;
    this.touched = true;
    this.load(fromRuns(draft.runs), true);
    this.dispatchEvent(new Event('annotated'));
  }

  /** The server has it all. */
  submitted() {
    this._tell(false);
  }

  get seconds() {
    return Math.round((Date.now() - this.openedAt) / 1000);
  }

  /**
   * @param {number[][]} from
   * @param {number[][]} to
   */
  _step(from, to) {
    const runs = from.pop();
    if (!runs) return;
    this.touched = true;
    to.push(toRuns(this.mask));
    this.mask.set(fromRuns(runs));
    this._changed();
  }

  /** @param {number[]} before */
  _keep(before) {
    this._before.push(before);
    if (this._before.length > STEPS) this._before.shift();
    this._after.length = 0;
  }

  /** @param {number[]} before the change that ends now */
  _end(before) {
    if (before.join() !== toRuns(this.mask).join()) {
      this.touched = true;
      this._keep(before);
    }
    this._changed();
  }

  _changed(unsent = true) {
    this.steps += 1;
    this._tell(unsent);
    this.dispatchEvent(new CustomEvent('change', { detail: { during: false } }));
  }

  /** @param {boolean} unsent */
  _tell(unsent) {
    this.unsent = unsent;
    this.dispatchEvent(new Event('sent'));
  }
}
