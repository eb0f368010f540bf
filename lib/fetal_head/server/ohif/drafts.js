/** Work that the server does not have yet, kept in the browser: it outlives a crash, a closed tab and a lost connection. */

import { name } from './choices.js';
import { printOf } from './runs.js';

/**
 * @typedef {object} Kept
 * @property {number} at when, in ms
 * @property {string} who drew it
 * @property {string} instance the file that it was drawn on
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
  const draft = drafts.of(editor.series, editor.size, editor.instance);
  if (!draft && drafts.isOfAnother(editor.series, editor.instance)) {
    return 'Unsent work on this image is not shown: it was drawn on another picture, which this one has taken the place of.';
  }
  if (!draft) return '';
  if (printOf(draft) === editor.base) {
    drafts.forget(editor.series);
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
    /** @type {Map<string, string | null>} what was kept of each series when it was last read or written here */
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
      this.forget(editor.series);
      return true;
    }
    const { draft, instance, base } = editor;
    const kept = JSON.stringify({ ...draft, at: Date.now(), who: this.who, instance, base });
    if (!this._isOurs(editor.series)) return false;
    try {
      localStorage.setItem(this._prefix + editor.series, kept);
    } catch {
      return false;
    }
    this._seen.set(editor.series, kept);
    return true;
  }

  /**
   * @param {string} series the image's identifier in DICOM, which no image of another study has
   * @param {import('./raster.js').Size} size of the image that is there now
   * @param {string} instance its file, which may be another one than the draft was drawn on
   * @returns {Draft | null} null when there is none of this file
   */
  of(series, size, instance) {
    const kept = this._read(series);
    this._seen.set(series, kept);
    const draft = parsed(kept);
    return draft?.rows === size.rows && draft.columns === size.columns && draft.instance === instance ? draft : null;
  }

  /**
   * @param {string} series
   * @param {string} instance the file that is there now
   */
  isOfAnother(series, instance) {
    const draft = parsed(this._read(series));
    return draft !== null && draft.instance !== instance;
  }

  /** @param {string} series */
  forget(series) {
    if (this._read(series) !== null && this._isOurs(series)) localStorage.removeItem(this._prefix + series);
  }

  /**
   * @param {string} series
   * @returns {boolean} false when another tab has kept something since
   */
  _isOurs(series) {
    const kept = this._read(series);
    return kept === null || kept === this._seen.get(series);
  }

  /**
   * @param {string} series
   * @returns {string | null} null also where the browser keeps nothing
   */
  _read(series) {
    try {
      return localStorage.getItem(this._prefix + series);
    } catch {
      return null;
    }
  }

  /** @returns {string[]} the series with a draft, of whatever study */
  get all() {
    return Object.keys(localStorage).filter((key) => key.startsWith(this._prefix)).map((key) => key.slice(this._prefix.length));
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
