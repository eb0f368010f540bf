/**
 * The mask of the open image while it is worked on: its state, and how it came to it.
 *
 * Events: `change` after every change of the mask or of the structures that it speaks of, `sent` when the state of the submission
 * is another one.
 *
 * @typedef {object} Version
 * @property {Uint8Array} mask
 * @property {string[]} annotated the structures that the mask speaks of
 * @property {string | null} model the version of the model that it began with
 *
 * @typedef {import('./steps.js').Step} Step
 */

import { fromRuns, printOf } from './runs.js';
import { Steps, stepOf } from './steps.js';

export class Editor extends EventTarget {
  /**
   * @param {{ image: string, place: string, picture: string, replaces: number, head: string }} of its id, its identifier, which no
   *   image of another study has, that of the picture that is drawn on, the number of the label that the server has, 0 for none,
   *   and what the head is called among the structures
   * @param {import('./raster.js').Size} size
   * @param {Version} version what the server has: a prediction or a label
   * @param {boolean} isLabel
   */
  constructor({ image, place, picture, replaces, head }, size, { mask, annotated, model }, isLabel) {
    super();
    this.image = image;
    this.place = place;
    this.picture = picture;
    this.replaces = replaces;
    this.head = head;
    this.size = size;
    this.mask = Uint8Array.from(mask);
    this.annotated = new Set(annotated);
    this.model = model;
    /** @type {string | null} the print of the label that the server has; null for none */
    this.base = isLabel ? this.print : null;
    /** @type {Set<string>} the prints of masks that were sent and never answered: the server may have them, or not */
    this.maybeThere = new Set();
    /** Whether somebody drew what the server never had: an untouched prediction is no work of anybody. */
    this.touched = false;
    // a computer's clock may be set meanwhile; this one only goes on
    this.openedAt = performance.now();
    /** Grows with every change. */
    this.steps = 0;
    this._past = new Steps();
    /** Ends a change that goes on, before anything else changes the mask. */
    this._rest = () => {};
  }

  /** Whether there is something that the server does not have. */
  get unsent() {
    return this.maybeThere.size > 0 || this.print !== this.base;
  }

  /** By which one tells what a label says from what another one says. */
  get print() {
    return printOf(this.draft);
  }

  /**
   * Changes the mask in one step that can be undone.
   * @param {(mask: Uint8Array) => void} change in place
   */
  edit(change) {
    const { show, end } = this.begin();
    show(change);
    end();
  }

  /**
   * Begins a change that is seen while it goes on, and ends as one step.
   * @returns {{ show: (change: (mask: Uint8Array) => void) => void, again: (change: (mask: Uint8Array) => void) => void,
   *   end: () => void, drop: () => void, goesOn: () => boolean }} `show` changes what is there, `again` what was there at the
   *   beginning, and `drop` leaves that
   */
  begin() {
    this._rest();
    const before = stepOf(this);
    let goesOn = true;
    const show = (/** @type {(mask: Uint8Array) => void} */ change) => {
      if (!goesOn) return;
      change(this.mask);
      this.dispatchEvent(new CustomEvent('change', { detail: { during: true } }));
    };
    const end = () => {
      if (!goesOn) return;
      goesOn = false;
      this._end(before);
    };
    this._rest = end;
    const again = (/** @type {(mask: Uint8Array) => void} */ change) =>
      show((mask) => {
        mask.set(fromRuns(before.runs));
        this.annotated = new Set(before.annotated);
        change(mask);
      });
    const drop = () => {
      again(() => {});
      end();
    };
    return { show, again, end, drop, goesOn: () => goesOn };
  }

  /**
   * Goes on from another version, a prediction or an earlier label; a step like any other, so that it can be taken back.
   * @param {Version} version
   */
  load({ mask, annotated, model }) {
    this._rest();
    const before = stepOf(this);
    this.mask.set(mask);
    [this.annotated, this.model] = [new Set(annotated), model];
    this._keep(before);
  }

  undo() {
    this._go((now) => this._past.back(now));
  }

  redo() {
    this._go((now) => this._past.forth(now));
  }

  /**
   * @param {string} structure
   * @param {boolean} isAnnotated whether the mask speaks of it: one that was not looked for is unknown, not absent
   */
  annotate(structure, isAnnotated) {
    this._rest();
    const before = stepOf(this);
    if (isAnnotated) this.annotated.add(structure);
    else this.annotated.delete(structure);
    this._end(before);
  }

  /** What has to be kept so that nothing is lost when the page ends now. */
  get draft() {
    return { ...stepOf(this), ...this.size };
  }

  /**
   * Goes on from a draft that was kept.
   * @param {Editor['draft']} draft
   */
  resume(draft) {
    this.load({ ...draft, mask: fromRuns(draft.runs) });
  }

  /**
   * @param {string | null} print of what the server has now, null where that was never here
   * @param {number} number that it has there, 0 for none
   */
  submitted(print, number) {
    this.base = print;
    this.replaces = number;
    this.maybeThere.clear();
    // what it had it keeps, also when it is rejected there
    this.touched &&= this.unsent;
    this.dispatchEvent(new Event('sent'));
  }

  /** @param {string} print of a mask that was sent, and to which no answer came */
  unheard(print) {
    this.maybeThere.add(print);
    this.dispatchEvent(new Event('sent'));
  }

  get seconds() {
    return Math.round((performance.now() - this.openedAt) / 1000);
  }

  /** @param {(now: Step) => Step | undefined} way */
  _go(way) {
    this._rest();
    const step = way(stepOf(this));
    if (!step) return;
    this.mask.set(fromRuns(step.runs));
    [this.annotated, this.model] = [new Set(step.annotated), step.model];
    this._changed();
  }

  /** @param {Step} before the change that ends now; a click may change nothing */
  _end(before) {
    if (printOf(before) !== this.print) this._keep(before);
  }

  /** @param {Step} before */
  _keep(before) {
    this._past.add(before);
    this._changed();
  }

  _changed() {
    this.touched = true;
    this.steps += 1;
    this.dispatchEvent(new Event('sent'));
    this.dispatchEvent(new CustomEvent('change', { detail: { during: false } }));
  }
}
