/** Earlier masks of the open image: each can be looked at, and is then a step like any other. */

import { button, el, when } from './dom.js';
import { history } from './server.js';

export class Past {
  /**
   * @param {(entry: any) => unknown} load
   * @param {import('./review.js').Review} review
   * @param {(image: string) => Promise<unknown>} judged called when a reviewer has judged a version
   */
  constructor(load, review, judged) {
    this._load = load;
    this._judged = judged;
    this._review = review;
    /** The image that is shown, empty for none, and how often it was asked for one. */
    this._image = '';
    this._asked = 0;
    this._list = el('ol', { className: 'past' });
    this.element = el('section', { 'aria-label': 'Earlier versions' }, el('h3', {}, 'Earlier versions'), review.element, this._list);
  }

  /** No image is shown any more: neither may be judged, nor may an answer that is still to come be shown. */
  clear() {
    this._image = '';
    this._asked += 1;
    this._review.clear();
    this._list.replaceChildren();
  }

  /** @param {import('./server.js').Seen} seen what is open */
  async show(seen) {
    const { image } = seen;
    this._image = image;
    const asked = ++this._asked;
    const entries = await history(image);
    // an answer that was overtaken tells of another image, or of what it was
    if (asked !== this._asked) return;
    // whoever works by the keyboard stays on his version: the next key would mean the page
    const focused = document.activeElement?.closest('.past li')?.getAttribute('value');
    const rows = [...entries].reverse().map((entry) => {
      const of = entry.tag === 'original' ? `prediction ${entry.model ?? ''}` : entry.who || 'nobody named';
      const state = entry.deleted ? 'deleted' : entry.current ? `${entry.status}, current` : entry.status;
      const elsewhere = entry.of_this_picture ? '' : ', of another picture';
      const text = `${entry.number}: ${of}, ${when(entry.at)}${entry.tag === 'original' ? '' : `, ${state}`}${elsewhere}`;
      const look = button('Load', () => this._load(entry), {
        'aria-label': `Load version ${entry.number}`,
      });
      const judge = this._review.buttons(seen, entry, async () => {
        if (this._image === image) await Promise.all([this.show(seen), this._judged(image)]);
      });
      return el('li', { value: entry.number }, `${text}${entry.comment ? ` – ${entry.comment}` : ''} `, look, ...judge);
    });
    this._list.replaceChildren(...rows);
    if (focused) rows.find((row) => row.value === Number(focused))?.querySelector('button')?.focus();
  }
}
