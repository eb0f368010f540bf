/** The panel beside the image: it puts the parts together and knows which image is open. */

import { Biometry } from './biometry.js';
import { el } from './dom.js';
import { draftOf, forgetDraft, keepDraft } from './drafts.js';
import { Editor } from './editor.js';
import { Overlay } from './overlay.js';
import { Past } from './past.js';
import { show } from './opening.js';
import { Review } from './review.js';
import * as server from './server.js';
import { shortcutsOf } from './shortcuts.js';
import { Structures } from './structures.js';
import { Toolbox } from './toolbox.js';
import { Training } from './training.js';
import { Viewer } from './viewer.js';
import { Work } from './work.js';

const MODEL = 'fetal_head';

export class Panel {
  /**
   * @param {any} services
   * @param {any} extensionManager
   * @param {any} first the server's answer by which the image that opens first was chosen; null for none
   */
  constructor(services, extensionManager, first) {
    this._given = { services, extensionManager, first };
    /** @type {Editor | null} */
    this.editor = null;
    this._title = el('h2', { id: 'fh-image' }, 'Fetal head');
    this._state = el('p', { id: 'fh-state', role: 'status', className: 'state' });
    this._message = el('p', { id: 'fh-message', role: 'alert' });
    this._reason = el('p', { id: 'fh-reason' });
    this.element = el('div', { className: 'fetal-head' }, el('p', {}, 'Loading …'));
    // for those who look at the page from outside
    Object.assign(window, { fetalHead: this });
    this._ready = this._make();
  }

  /** @param {HTMLElement} host */
  mount(host) {
    if (this.element.parentElement !== host) host.replaceChildren(this.element);
  }

  close() {
    this._training?.stop();
    this._shortcuts?.stop();
    this.overlay?.detach();
    removeEventListener('beforeunload', this._beforeUnload);
  }

  async _make() {
    try {
      const [structures, told, roles] = await Promise.all([
        fetch('/ohif/fetal-head/structures.json').then((a) => a.json()),
        server.info(),
        server.roles(),
      ]);
      this._build(structures, Object.keys(told.strategies), roles);
      const query = new URLSearchParams(location.search);
      const uids = { study: query.get('StudyInstanceUIDs') ?? '', series: query.get('SeriesInstanceUIDs') ?? '' };
      await this.open(query.get('image') ?? '', uids);
      if (this._given.first) this._work?.explain(this._given.first);
    } catch (error) {
      this.say(/** @type {Error} */ (error).message);
      this.element.append(this._message);
    }
  }

  /**
   * @param {import('./viewer.js').Structure[]} structures
   * @param {string[]} strategies
   * @param {string[]} roles
   */
  _build(structures, strategies, roles) {
    const { services, extensionManager } = this._given;
    this.viewer = new Viewer(services, extensionManager, structures);
    this.structures = new Structures(structures, this.viewer, () => this.editor);
    this.toolbox = new Toolbox(() => this.editor, () => this.structures?.active ?? 1, () => this.overlay?.draw());
    this.biometry = new Biometry(() => this.overlay?.draw());
    this.overlay = new Overlay(this.viewer, () => this.toolbox?.tool ?? null, () => this.biometry?.calipers ?? []);
    const say = (/** @type {string} */ sentence) => this.say(sentence);
    this._past = new Past((mask, entry) => this._load(mask, entry), new Review(roles.includes('reviewer'), say));
    this._training = new Training(MODEL, roles.includes('admin'), say);
    this._work = new Work(this, strategies);
    this._shortcuts = shortcutsOf([
      ...structures.map(({ name, value }) => ({ key: `${value}`, title: name, press: () => this.structures?.choose(value) })),
      ...this.toolbox.shortcuts,
      { key: 'z', title: 'Undo', press: () => this.editor?.undo() },
      { key: 'z', ctrl: true, title: 'Undo', press: () => this.editor?.undo() },
      { key: 'z', shift: true, title: 'Redo', press: () => this.editor?.redo() },
      { key: 'z', shift: true, ctrl: true, title: 'Redo', press: () => this.editor?.redo() },
      { key: ' ', title: 'Submit and next', press: () => this._work?.submitAndNext() },
      { key: 's', ctrl: true, title: 'Submit', press: () => this._work?.submit() },
      { key: 'n', title: 'Next without submitting', press: () => this._work?.next() },
    ]);
    this.element.replaceChildren(
      el('link', { rel: 'stylesheet', href: '/ohif/fetal-head/style.css' }),
      this._title,
      this._state,
      this._message,
      this._reason,
      this._work.element,
      this.toolbox.element,
      this.structures.element,
      this.biometry.element,
      this._past.element,
      this._training.element,
      this._shortcuts.element,
      el('p', {}, el('a', { href: '/ohif/' }, 'Work list')),
    );
    addEventListener('beforeunload', this._beforeUnload);
    this._training.look();
  }

  /**
   * Opens an image with its draft, its label or a new prediction.
   * @param {string} image
   * @param {{ study: string, series: string }} uids
   */
  async open(image, { study, series }) {
    const began = performance.now();
    const told = await server.entry(image);
    // asked for while the image comes
    const labelled = told.number !== null;
    const mask = labelled ? server.submission(image, told.number) : server.predict(MODEL, image);
    mask.catch(() => {});
    const size = await /** @type {Viewer} */ (this.viewer).open({ study, series });
    this._follow(new Editor(image, size, this.structures?.names ?? []));
    show(image, { study, series });
    this.structures?.settle();
    this.overlay?.attach();
    await this._begin(image, size, mask, told);
    document.body.dataset.fetalHeadOpenedMs = `${Math.round(performance.now() - began)}`;
    document.body.dataset.fetalHeadImage = image;
    this._past?.show(image).catch((error) => this.say(error.message));
  }

  /**
   * @param {string} image
   * @param {import('./raster.js').Size} size
   * @param {Promise<any>} mask
   * @param {any} told
   */
  async _begin(image, size, mask, told) {
    const editor = /** @type {Editor} */ (this.editor);
    this.say(told.flag ? `Flagged: ${told.flag.comment}` : '');
    try {
      const found = await mask;
      editor.model = told.number === null ? found.params.model_version : told.model;
      editor.load(found.mask, told.number === null);
      if (told.annotated) this.structures?.setAnnotated(told.annotated);
    } catch (error) {
      this.say(`No mask: ${/** @type {Error} */ (error).message}`);
    }
    const draft = draftOf(image, size);
    if (draft) {
      editor.resume(draft);
      this.say(`Your unsent work of ${new Date(draft.at).toLocaleString()} is back.`);
    } else if (told.number !== null) editor.submitted();
    this._showState();
  }

  /** A new prediction over what is there; undo brings it back. */
  async predict() {
    const editor = this.editor;
    if (!editor) return;
    try {
      const found = await server.predict(MODEL, editor.image);
      editor.model = found.params.model_version;
      editor.load(found.mask, true);
      editor.touched = true;
    } catch (error) {
      this.say(/** @type {Error} */ (error).message);
    }
  }

  /** @param {Editor} editor */
  _follow(editor) {
    this.editor = editor;
    this.biometry?.clear();
    editor.addEventListener('change', () => {
      if (this.editor !== editor) return;
      this.viewer?.show(editor.mask);
      this.structures?.update();
      this.overlay?.draw();
    });
    editor.addEventListener('change', (event) => {
      if (/** @type {CustomEvent} */ (event).detail.during || this.editor !== editor) return;
      this.biometry?.follow(editor);
      this._keep();
    });
    editor.addEventListener('annotated', () => this._keep());
    editor.addEventListener('sent', () => this.editor === editor && this._showState());
    this._title.textContent = editor.image;
    this._showState();
  }

  /** An untouched prediction is no work of anybody. */
  _keep() {
    const editor = this.editor;
    if (editor?.touched && editor.unsent && !keepDraft(editor)) this.say('The browser does not keep your work: submit it soon.');
  }

  /**
   * @param {Uint8Array} mask
   * @param {any} entry
   */
  _load(mask, entry) {
    if (!this.editor || mask.length !== this.editor.mask.length) return this.say('That version is of another image size.');
    this.editor.model = entry.model;
    this.editor.touched = true;
    this.editor.load(mask, true);
  }

  /** Everything is with the server. */
  submitted() {
    if (!this.editor) return;
    this.editor.submitted();
    forgetDraft(this.editor.image);
    this._past?.show(this.editor.image).catch((error) => this.say(error.message));
  }

  /** @param {string} sentence */
  say(sentence) {
    this._message.textContent = sentence;
  }

  /** @param {string} sentence why this image came */
  explain(sentence) {
    this._reason.textContent = sentence;
  }

  _showState() {
    const unsent = this.editor?.unsent ?? false;
    this._state.textContent = !this.editor ? '' : unsent ? 'Not submitted' : 'Submitted';
    this._state.classList.toggle('unsent', unsent);
  }

  /** @param {BeforeUnloadEvent} event */
  _beforeUnload = (event) => {
    // what is drawn is kept; a prediction nobody touched is not worth a question
    if (this.editor?.unsent && this.editor.touched && !keepDraft(this.editor)) event.preventDefault();
  };
}
