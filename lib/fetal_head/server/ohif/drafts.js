/** Work that the server does not have yet, kept in the browser: it outlives a crash, a closed tab and a lost connection. */

import { name } from './choices.js';
import { printOf } from './runs.js';
import * as storage from './storage.js';

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
    drafts.forget(editor);
    return '';
  }
  const replaced = draft.base !== editor.base;
  editor.resume(draft);
  const work = draft.who === drafts.who ? 'Your unsent work' : `Unsent work by ${draft.who}`;
  const now = told.number === null ? 'which is none any more' : `and version ${told.number} by ${told.who || 'nobody named'} is the label now`;
  const warning = replaced ? ` It began with another label, ${now}: Undo shows what the server has.` : '';
  return `${work} of ${new Date(draft.at).toLocaleString()} is back.${warning}`;
}

export class Drafts {
  /** @param {string} user who signed in, and sees no one else's; empty where nobody has to */
  constructor(user) {
    this._user = user;
    this._prefix = `fetal-head draft ${encodeURIComponent(user)} `;
    /** @type {Map<string, string | null>} by key, what the browser kept when it was last read or written here */
    this._seen = new Map();
  }

  /** Who works here. */
  get who() {
    return this._user || name();
  }

  /**
   * Keeps what is unsent of an editor's work, and nothing else. What another tab keeps of the picture stays.
   * @param {import('./editor.js').Editor} editor
   * @returns {boolean} whether it is kept, or nothing has to be
   */
  keep(editor) {
    if (!editor.unsent) {
      this.forget(editor);
      return true;
    }
    const { draft, image, place, picture, base } = editor;
    const text = JSON.stringify({ ...draft, at: Date.now(), who: this.who, image, place, picture, base });
    const key = this._key(editor);
    if (!this._isOurs(key)) return false;
    storage.write(key, text);
    this._seen.set(key, storage.kept(key));
    return true;
  }

  /**
   * @param {import('./editor.js').Editor} editor
   * @returns {Draft | null} null when there is none of its picture
   */
  of(editor) {
    const key = this._key(editor);
    // what the browser has meanwhile is another tab's where this page keeps its own
    if (!storage.isOnlyHere(key)) this._seen.set(key, storage.kept(key));
    const draft = parsed(storage.read(key));
    return draft?.rows === editor.size.rows && draft.columns === editor.size.columns ? draft : null;
  }

  /**
   * Whether what was last kept of an editor's work is still there: another tab may have taken it back, or put its own there.
   * @param {import('./editor.js').Editor} editor
   */
  holds(editor) {
    const key = this._key(editor);
    return this._isOurs(key) && storage.read(key) !== null;
  }

  /** @param {import('./editor.js').Editor} editor */
  isOfAnother({ place, picture }) {
    return this.all.some((draft) => draft.place === place && draft.picture !== picture);
  }

  /** @param {import('./editor.js').Editor} editor */
  forget(editor) {
    const key = this._key(editor);
    if (this._isOurs(key)) storage.remove(key);
  }

  /**
   * Whether work is lost with this page, as the browser does not take it.
   * @param {import('./editor.js').Editor} [editor] whose; without one, anybody's
   */
  isOnlyHere(editor) {
    return editor ? storage.isOnlyHere(this._key(editor)) : storage.keys(this._prefix).some(storage.isOnlyHere);
  }

  /**
   * Work on one picture stays while there is another one in its place: its own may come back.
   * @param {import('./editor.js').Editor} editor
   */
  _key({ place, picture }) {
    return `${this._prefix}${place} ${picture}`;
  }

  /**
   * @param {string} key
   * @returns {boolean} false when another tab has kept something since
   */
  _isOurs(key) {
    const kept = storage.kept(key);
    return kept === null || kept === this._seen.get(key);
  }

  /** @returns {Draft[]} of whatever study */
  get all() {
    return storage.keys(this._prefix).flatMap((key) => parsed(storage.read(key)) ?? []);
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
