/** Work that the server does not have yet, kept in the browser: it outlives a crash, a closed tab and a lost connection. */

import { name } from './choices.js';

/**
 * @typedef {object} Kept
 * @property {number} at when, in ms
 * @property {string} who drew it
 * @property {string | null} base the print of the label that it began with; null for none
 *
 * @typedef {import('./editor.js').Editor['draft'] & Kept} Draft
 */

export class Drafts {
  /** @param {string} user who signed in, and sees no one else's; empty where nobody has to */
  constructor(user) {
    this._user = user;
    this._prefix = `fetal-head draft ${encodeURIComponent(user)} `;
  }

  /** Who works here. */
  get who() {
    return this._user || name();
  }

  /**
   * Keeps what is unsent of an editor's work, and nothing else.
   * @param {import('./editor.js').Editor} editor
   * @returns {boolean} whether the browser took it
   */
  keep(editor) {
    if (!editor.unsent) {
      this.forget(editor.series);
      return true;
    }
    const kept = { ...editor.draft, at: Date.now(), who: this.who, base: editor.base };
    try {
      localStorage.setItem(this._prefix + editor.series, JSON.stringify(kept));
      return true;
    } catch {
      return false;
    }
  }

  /**
   * @param {string} series the image's identifier in DICOM, which no image of another study has
   * @param {import('./raster.js').Size} size of the image that is there now
   * @returns {Draft | null} null when there is none of an image of this size
   */
  of(series, size) {
    try {
      const draft = JSON.parse(localStorage.getItem(this._prefix + series) ?? 'null');
      return draft?.rows === size.rows && draft.columns === size.columns ? draft : null;
    } catch {
      return null;
    }
  }

  /** @param {string} series */
  forget(series) {
    localStorage.removeItem(this._prefix + series);
  }

  /** @returns {string[]} the series with a draft, of whatever study */
  get all() {
    return Object.keys(localStorage).filter((key) => key.startsWith(this._prefix)).map((key) => key.slice(this._prefix.length));
  }
}
