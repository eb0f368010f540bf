/**
 * The measurements of the mask as it is now, by the server's own code, and where they were taken.
 *
 * @typedef {{ name: string, points: import('./raster.js').Point[], label: string }} Caliper
 */

import * as choices from './choices.js';
import { el } from './dom.js';
import { measure } from './server.js';

const [WAIT_MS, AGAIN_MS] = [250, 3000];
/** @type {[string, string, string | null][]} name, title, unit where it is none of length */
const ROWS = [
  ['hc', 'HC', null],
  ['bpd', 'BPD (outer to outer)', null],
  ['ofd', 'OFD', null],
  ['ci', 'Cephalic index', ''],
  ['csp_width', 'CSP width', null],
  ['lv_width', 'LV width', null],
  ['ga_hadlock_weeks', 'Age by HC (Hadlock)', 'weeks'],
  ['ga_intergrowth_weeks', 'Age by HC (INTERGROWTH-21st)', 'weeks'],
];

export class Biometry {
  /** @param {() => void} draw called when the calipers are other ones */
  constructor(draw) {
    this._draw = draw;
    this._body = el('tbody');
    this._table = el('table', {}, el('caption', { className: 'hidden' }, 'Biometry of the mask'), this._body);
    this._flags = el('ul', { className: 'flags' });
    this._shown = el('input', { type: 'checkbox', checked: true, onchange: draw });
    /** @type {Caliper[]} */
    this._calipers = [];
    this._asked = 0;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this._timer = undefined;
    this.element = el(
      'section',
      { 'aria-label': 'Biometry' },
      el('h3', {}, 'Biometry'),
      this._table,
      el('div', { role: 'status' }, this._flags),
      el('label', {}, this._shown, ' show calipers'),
    );
  }

  /** @returns {Caliper[]} */
  get calipers() {
    return this._shown.checked ? this._calipers : [];
  }

  /** @param {import('./editor.js').Editor} editor measured once its hand rests */
  follow(editor) {
    clearTimeout(this._timer);
    // what is shown is of another mask until the server has answered for this one, however long that takes
    this._asked += 1;
    this._table.ariaBusy = 'true';
    this._timer = setTimeout(() => this._measure(editor), WAIT_MS);
  }

  /** Nothing is measured at the moment. */
  clear() {
    clearTimeout(this._timer);
    this._table.ariaBusy = 'false';
    this._asked += 1;
    this._body.replaceChildren();
    this._flags.replaceChildren();
    this._calipers = [];
    this._draw();
  }

  /** @param {import('./editor.js').Editor} editor */
  async _measure(editor) {
    const asked = ++this._asked;
    let found;
    try {
      found = await measure(editor, choices.name());
    } catch (error) {
      if (asked !== this._asked) return;
      this.clear();
      const { status, message } = /** @type {import('./server.js').Refused} */ (error);
      this._flags.replaceChildren(el('li', {}, `Not measured: ${message}`));
      // a server that is away or busy has not said that this mask cannot be measured
      if (!status || status >= 500) this._timer = setTimeout(() => this._measure(editor), AGAIN_MS);
      return;
    }
    // an answer that was overtaken tells of another mask
    if (asked === this._asked) this._show(found);
  }

  /** @param {any} found */
  _show({ biometry, calipers, flags }) {
    const { unit } = biometry;
    this._table.ariaBusy = 'false';
    const text = (/** @type {number | null} */ value, /** @type {string | null} */ of) =>
      value === null ? '–' : `${value.toFixed(1)} ${of ?? unit}`.trim();
    this._body.replaceChildren(
      ...ROWS.map(([name, title, of]) => el('tr', {}, el('th', { scope: 'row' }, title), el('td', {}, text(biometry[name], of)))),
    );
    this._body.dataset.hc = biometry.hc ?? '';
    this._flags.replaceChildren(...flags.map((/** @type {string} */ sentence) => el('li', {}, sentence)));
    this._calipers = calipers.map((/** @type {any} */ { name, points }) => ({
      name,
      points: points.map((/** @type {[number, number]} */ [x, y]) => ({ x, y })),
      label: name === 'hc' ? '' : `${name.replace('_width', '').toUpperCase()} ${text(biometry[name], null)}`,
    }));
    this._draw();
  }
}
