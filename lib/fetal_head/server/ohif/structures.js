/** The list of structures: which one is drawn, which are seen, and which of them the mask speaks of. */

import { el } from './dom.js';
import { BRAIN, spokenOf } from './paint.js';

const OPACITY = 0.3;

export class Structures {
  /**
   * @param {import('./viewer.js').Structure[]} structures
   * @param {import('./viewer.js').Viewer} viewer
   * @param {() => import('./editor.js').Editor | null} editor
   */
  constructor(structures, viewer, editor) {
    this._structures = structures;
    this._editor = editor;
    this._viewer = viewer;
    this.active = structures[0].value;
    this.names = structures.map(({ name }) => name);
    this.asked = structures.filter(({ asked }) => asked).map(({ name }) => name);
    this.head = this.names[structures.findIndex(({ value }) => value === BRAIN)];
    this._rows = structures.map((structure) => this._row(structure));
    this._opacity = el('input', {
      id: 'fh-opacity', type: 'range', min: 0, max: 100, value: 100 * OPACITY,
      oninput: () => viewer.setOpacity(this._opacity.valueAsNumber / 100),
    });
    this.element = el(
      'section',
      { 'aria-label': 'Structures' },
      el('h3', {}, 'Structures'),
      el('div', { role: 'radiogroup', 'aria-label': 'Structure to draw' }, ...this._rows.map(({ row }) => row)),
      el('div', { className: 'line' }, el('label', { for: 'fh-opacity' }, 'Opacity '), this._opacity),
    );
  }

  /** @param {number} value of the structure that is drawn from now on */
  choose(value) {
    this.active = value;
    this._rows.forEach(({ choice }, i) => (choice.checked = this._structures[i].value === value));
  }

  /** What the one that is drawn is called. */
  get activeName() {
    return this.names[this._structures.findIndex(({ value }) => value === this.active)];
  }

  /** @returns {import('./shortcuts.js').Shortcut[]} */
  get shortcuts() {
    return this._structures.map(({ name, value }) => ({ key: `${value}`, title: name, press: () => this.choose(value) }));
  }

  /**
   * The structures that a label speaks of when nobody said so.
   * @param {Uint8Array} mask
   * @returns {string[]}
   */
  annotatedIn(mask) {
    return spokenOf(this.names, mask, this.head);
  }

  /** Called for each image: the viewer forgets with the one before. */
  settle() {
    this._viewer.setOpacity(this._opacity.valueAsNumber / 100);
    this._structures.forEach(({ value }, i) => this._viewer.setVisible(value, this._rows[i].seen.checked));
  }

  /** Tells of each structure what the mask has of it; nothing as long as there is none. */
  update() {
    const editor = this._editor();
    if (!editor) return this._rows.forEach(({ told }) => (told.textContent = ''));
    const areas = [0, 0, 0, 0];
    // with an iterator it takes ten times as long, at each move of the hand
    for (let i = 0; i < editor.mask.length; i++) areas[editor.mask[i]] += 1;
    this._structures.forEach(({ name, value }, i) => {
      const annotated = editor.annotated.has(name);
      const unseen = value === BRAIN ? 'cut, so not annotated' : 'not visible';
      this._rows[i].speaks.value = annotated ? 'annotated' : 'unknown';
      this._rows[i].told.textContent = !annotated ? 'not annotated' : areas[value] ? `${areas[value]} px` : unseen;
    });
  }

  /** @param {import('./viewer.js').Structure} structure */
  _row({ name, value, color }) {
    const id = `fh-structure-${name}`;
    const choice = el('input', {
      type: 'radio', name: 'fh-structure', id, checked: value === this.active, onchange: () => this.choose(value),
    });
    const seen = el('input', {
      type: 'checkbox', checked: true, 'aria-label': `Show ${name}`, onchange: () => this._viewer.setVisible(value, seen.checked),
    });
    const speaks = el(
      'select',
      { 'aria-label': `${name} is`, onchange: () => this._editor()?.annotate(name, speaks.value === 'annotated') },
      el('option', { value: 'annotated' }, 'annotated'),
      el('option', { value: 'unknown' }, 'not annotated'),
    );
    const told = el('span', { className: 'told', id: `${id}-told` });
    const swatch = el('span', { className: 'swatch', 'aria-hidden': 'true' });
    swatch.style.background = `rgb(${color.join(',')})`;
    const row = el('div', { className: 'line structure' }, choice, el('label', { for: id }, swatch, name), seen, speaks, told);
    return { row, choice, seen, speaks, told };
  }
}
