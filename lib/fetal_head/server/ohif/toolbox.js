/** The tools to choose from. */

import { button, el } from './dom.js';
import { toolsOf } from './tools.js';

/** @type {Record<string, [string, string, string]>} name -> label, key, what it does */
const TOOLS = {
  brush: ['Brush', 'b', 'Paint the structure'],
  eraser: ['Eraser', 'e', 'Erase the structure; inside the head, below CSP and LV is BRAIN'],
  fill: ['Fill', 'f', 'Fill the area under the pointer'],
  polygon: ['Polygon', 'p', 'Corner by corner; a double click closes it'],
  ellipse: ['Ellipse', 'h', 'The head as an ellipse with handles'],
  rectangle: ['Rectangle', 'r', 'CSP or LV as a turned rectangle with handles'],
};

/** What keeps whoever has begun a polygon from everything that would lose its corners. */
export const NOT_CLOSED = 'The polygon is not closed: Enter closes it, Escape gives it up.';

export class Toolbox {
  /**
   * @param {() => import('./editor.js').Editor | null} editor
   * @param {import('./structures.js').Structures} structures
   * @param {() => void} draw
   * @param {import('./heading.js').Heading} heading
   */
  constructor(editor, structures, draw, heading) {
    this._editor = editor;
    this._structures = structures;
    this._draw = draw;
    this._heading = heading;
    this._name = 'brush';
    /** @type {WeakMap<import('./editor.js').Editor, Record<string, import('./drawing.js').Tool>>} */
    this._tools = new WeakMap();
    this._radius = el('input', { id: 'fh-radius', type: 'range', min: 1, max: 60, value: 8, oninput: draw });
    this._buttons = Object.fromEntries(
      Object.entries(TOOLS).map(([name, [label, key, title]]) => [
        name,
        button(label, () => this.choose(name), { title: `${title} (${key.toUpperCase()})`, id: `fh-tool-${name}` }),
      ]),
    );
    const undo = button('Undo', () => this._editor()?.undo(), { id: 'fh-undo' });
    const redo = button('Redo', () => this._editor()?.redo(), { id: 'fh-redo' });
    this.element = el(
      'section',
      { 'aria-label': 'Tools' },
      el('h3', {}, 'Tools'),
      el('div', { className: 'line', role: 'group', 'aria-label': 'Tool' }, ...Object.values(this._buttons)),
      el('div', { className: 'line' }, el('label', { for: 'fh-radius' }, 'Brush size '), this._radius, undo, redo),
    );
    this.choose(this._name);
  }

  /** @returns {import('./drawing.js').Tool | null} */
  get tool() {
    const editor = this._editor();
    if (!editor) return null;
    let tools = this._tools.get(editor);
    if (!tools) {
      const { _structures: structures, _radius: radius } = this;
      tools = toolsOf(editor, () => ({ structure: structures.active, name: structures.activeName, radius: radius.valueAsNumber }));
      this._tools.set(editor, tools);
    }
    return tools[this._name];
  }

  /** Whether something is drawn that is in no mask until it is closed. */
  get isBegun() {
    return this.tool?.isBegun?.() ?? false;
  }

  /** Ends a stroke that goes on. */
  rest() {
    this.tool?.release();
  }

  /** @param {string} name */
  choose(name) {
    if (this.isBegun) return this._heading.say(NOT_CLOSED);
    this.rest();
    this._name = name;
    for (const [other, made] of Object.entries(this._buttons)) made.setAttribute('aria-pressed', `${other === name}`);
    this._draw();
  }

  /** @returns {import('./shortcuts.js').Shortcut[]} */
  get shortcuts() {
    const size = (/** @type {number} */ step) => () => {
      this._radius.valueAsNumber += step;
      this._draw();
    };
    const end = (/** @type {'finish' | 'cancel'} */ how) => () => {
      this.tool?.[how]?.();
      this._heading.unsay(NOT_CLOSED);
      this._draw();
    };
    const [undo, redo] = [() => this._editor()?.undo(), () => this._editor()?.redo()];
    return [
      ...Object.entries(TOOLS).map(([name, [label, key]]) => ({ key, title: label, press: () => this.choose(name) })),
      { key: '-', title: 'Smaller brush', press: size(-2) },
      { key: '+', title: 'Larger brush', press: size(2) },
      { key: 'Enter', title: 'Close the polygon', press: end('finish') },
      { key: 'Escape', title: 'Give up the polygon', press: end('cancel') },
      { key: 'z', title: 'Undo', press: undo },
      { key: 'z', ctrl: true, title: 'Undo', press: undo },
      { key: 'z', shift: true, title: 'Redo', press: redo },
      { key: 'z', shift: true, ctrl: true, title: 'Redo', press: redo },
    ];
  }
}
