/** What a reviewer says of a label: it is approved, or rejected and so no label any more. */

import { button, el } from './dom.js';
import { judge } from './server.js';

export class Review {
  /**
   * @param {boolean} isAllowed whether he who looks is a reviewer
   * @param {(sentence: string) => void} say
   */
  constructor(isAllowed, say) {
    this._isAllowed = isAllowed;
    this._say = say;
    this._comment = el('input', { id: 'fh-review', type: 'text', placeholder: 'why it is approved or rejected' });
    this.element = el('div', { className: 'line', hidden: !isAllowed }, el('label', { for: 'fh-review' }, 'Review '), this._comment);
  }

  /** What was said of one image is not said of the next. */
  clear() {
    this._comment.value = '';
  }

  /**
   * The buttons beside a version.
   * @param {import('./server.js').Seen} seen
   * @param {any} entry
   * @param {() => Promise<unknown>} judged what comes after it
   */
  buttons(seen, entry, judged) {
    if (!this._isAllowed || entry.tag === 'original' || entry.deleted) return [];
    return ['approved', 'rejected'].map((status) => {
      const word = status === 'approved' ? 'Approve' : 'Reject';
      const press = () => this._judge(seen, entry.number, status, judged);
      return button(word, press, { 'aria-label': `${word} version ${entry.number}`, disabled: entry.status === status });
    });
  }

  /**
   * @param {import('./server.js').Seen} seen
   * @param {number} number
   * @param {string} status
   * @param {() => Promise<unknown>} judged
   */
  async _judge(seen, number, status, judged) {
    try {
      await judge(seen, number, status, this._comment.value.trim());
      this.clear();
      await judged();
      this._say(`Version ${number} of ${seen.image} is ${status}.`);
    } catch (error) {
      this._say(/** @type {Error} */ (error).message);
    }
  }
}
