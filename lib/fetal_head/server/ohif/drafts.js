/** Work that the server does not have yet, kept in the browser: it outlives a crash, a closed tab and a lost connection. */

import { name } from './choices.js';
import { printOf } from './runs.js';

/**
 * @typedef {object} Kept
 * @property {number} at when, in ms
 * @property {string} who drew it
 * @property {string} image
 * @property {string} place the image's identifier, which no image of another study has
 * @property {string} picture the one that it was drawn on
 * @property {string | null} base the print of the label that it began with; null for none
 *
 * @typedef {import('./editor.js').Editor['draft'] & Kept} Draft
 */

/**
 * Brings unsent work back, unless the server has it by now.
 * @param {Drafts} drafts
 * @param {import('./editor.js').Editor} editor
 * @param {any} told what the work list has of the image
 * @returns {string} what to say of it; empty for nothing
 */
export function resume(drafts, editor, told) {
  const draft = drafts.of(editor);
  if (!draft && drafts.isOfAnother(editor)) {
    return 'Unsent work on this image is not shown: it was drawn on another picture, which this one has taken the place of.';
  }
  if (!draft) return '';
  if (printOf(draft) === editor.base) {
    drafts.forget(editor.place);
    return '';
  }
  const replaced = draft.base !== editor.base;
  editor.resume(draft);
  const work = draft.who === drafts.who ? 'Your unsent work' : `Unsent work by ${draft.who}`;
  const now = told.number === null ? 'which is deleted' : `and version ${told.number} by ${told.who || 'nobody named'} is the label now`;
  const warning = replaced ? ` It began with another label, ${now}: Undo shows what the server has.` : '';
  return `${work} of ${new Date(draft.at).toLocaleString()} is back.${warning}`;
}

export class Drafts {
  /** @param {string} user who signed in, and sees no one else's; empty where nobody has to */
  constructor(user) {
    this._user = user;
    this._prefix = `fetal-head draft ${encodeURIComponent(user)} `;
    /** @type {Map<string, string | null>} what was kept of each image when it was last read or written here */
    this._seen = new Map();
  }

  /** Who works here. */
  get who() {
    return this._user || name();
  }

  /**
   * Keeps what is unsent of an editor's work, and nothing else. What another tab keeps of the image stays.
   * @param {import('./editor.js').Editor} editor
   * @returns {boolean} whether it is kept, or nothing has to be
   */
  keep(editor) {
    if (!editor.unsent) {
      this.forget(editor.place);
      return true;
    }
    const { draft, image, place, picture, base } = editor;
    const kept = JSON.stringify({ ...draft, at: Date.now(), who: this.who, image, place, picture, base });
    if (!this._isOurs(place)) return false;
    try {
      localStorage.setItem(this._prefix + place, kept);
    } catch {
      return false;
    }
    this._seen.set(place, kept);
    return true;
  }

  /**
   * @param {import('./editor.js').Editor} editor
   * @returns {Draft | null} null when there is none of its picture
   */
  of({ place, picture, size }) {
    const kept = this._read(place);
    this._seen.set(place, kept);
    const draft = parsed(kept);
    return draft?.rows === size.rows && draft.columns === size.columns && draft.picture === picture ? draft : null;
  }

  /** @param {import('./editor.js').Editor} editor */
  isOfAnother({ place, picture }) {
    const draft = parsed(this._read(place));
    return draft !== null && draft.picture !== picture;
  }

  /** @param {string} place */
  forget(place) {
    if (this._read(place) !== null && this._isOurs(place)) localStorage.removeItem(this._prefix + place);
  }

  /**
   * @param {string} place
   * @returns {boolean} false when another tab has kept something since
   */
  _isOurs(place) {
    const kept = this._read(place);
    return kept === null || kept === this._seen.get(place);
  }

  /**
   * @param {string} place
   * @returns {string | null} null also where the browser keeps nothing
   */
  _read(place) {
    try {
      return localStorage.getItem(this._prefix + place);
    } catch {
      return null;
    }
  }

  /** @returns {Draft[]} of whatever study */
  get all() {
    return Object.keys(localStorage).filter((key) => key.startsWith(this._prefix)).flatMap((key) => parsed(localStorage.getItem(key)) ?? []);
  }
}

/**
 * @param {string | null} kept
 * @returns {Draft | null} null also for what is none
 */
function parsed(kept) {
  try {
    return JSON.parse(kept ?? 'null');
  } catch {
    return null;
  }
}
