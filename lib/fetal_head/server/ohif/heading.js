/** What stands at the head of the panel: which image is open, whether the server has its mask, and what there is to say. */

import { el } from './dom.js';
import { NOT_REACHED, answers } from './server.js';

export class Heading {
  constructor() {
    this._title = el('h2', { id: 'fh-image' }, 'Fetal head');
    this._state = el('p', { id: 'fh-state', role: 'status', className: 'state' });
    this._reason = el('p', { id: 'fh-reason' });
    this.message = el('p', { id: 'fh-message', role: 'alert' });
    /** @type {Promise<void> | null} until the server answers again, where it is said that it cannot be reached */
    this._away = null;
    this.elements = [this._title, this._state, this.message, this._reason];
  }

  /** @param {string} image */
  name(image) {
    this._title.textContent = image;
  }

  /** @param {string} sentence */
  say(sentence) {
    this.message.textContent = sentence;
    if (sentence.endsWith(NOT_REACHED)) this._away ??= answers().then(() => this._isBack());
  }

  /** What was said of a server that is away is not so any more. */
  _isBack() {
    this._away = null;
    this.say(this.message.textContent.replace(NOT_REACHED, 'The server can be reached again.'));
  }

  /** @param {string} sentence that is not so any more; whatever else is said stays */
  unsay(sentence) {
    if (this.message.textContent === sentence) this.say('');
  }

  /** @param {string} sentence why this image came */
  explain(sentence) {
    this._reason.textContent = sentence;
  }

  /**
   * @param {import('./editor.js').Editor | null} editor
   * @param {string} [without] what to say as long as there is no mask
   */
  tell(editor, without = '') {
    this._state.textContent = !editor ? without : editor.unsent ? 'Not submitted' : 'Submitted';
    this._state.classList.toggle('unsent', editor?.unsent ?? true);
  }
}
