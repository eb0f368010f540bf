/** The panel beside the image: it puts the parts together and knows which image is open. */

import { Biometry } from './biometry.js';
import { el } from './dom.js';
import { Drafts } from './drafts.js';
import { Editor } from './editor.js';
import { Overlay } from './overlay.js';
import { Past } from './past.js';
import { show } from './opening.js';
import { Review } from './review.js';
import { printOf } from './runs.js';
import * as server from './server.js';
import { shortcutsOf } from './shortcuts.js';
import { Structures } from './structures.js';
import { Toolbox } from './toolbox.js';
import { Training } from './training.js';
import { MODEL, fitting, label, prediction } from './versions.js';
import { Viewer } from './viewer.js';
import { Work } from './work.js';

export class Panel {
  /**
   * @param {any} services
   * @param {any} extensionManager
   * @param {any} first the server's answer by which the image that opens first was chosen; null for none
   */
  constructor(services, extensionManager, first) {
    this._given = { services, extensionManager, first };
    /** Whether the browser has what is drawn. */
    this._isKept = true;
    /** @type {Editor | null} null as long as there is no mask to work on: nothing can be drawn or submitted then */
    this.editor = null;
    /** The image that is open, or on its way. */
    this.image = '';
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
      const [structures, told, me] = await Promise.all([
        fetch('/ohif/fetal-head/structures.json').then((a) => a.json()),
        server.info(),
        server.me(),
      ]);
      this.drafts = new Drafts(me.username);
      this._build(structures, Object.keys(told.strategies), me.roles);
      const query = new URLSearchParams(location.search);
      const uids = { study: query.get('StudyInstanceUIDs') ?? '', series: query.get('SeriesInstanceUIDs') ?? '' };
      await this._work?.open(query.get('image') ?? '', uids);
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
    const load = (/** @type {any} */ entry) => this._load((image, all) => label(image, entry, all));
    this._past = new Past(load, new Review(roles.includes('reviewer'), say));
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
   * Opens an image with its draft, its label or a new prediction. What fails is told, with a button to try again.
   * @param {string} image
   * @param {{ study: string, series: string }} uids
   */
  async open(image, uids) {
    const began = performance.now();
    this._leave(image);
    try {
      const told = await server.entry(image);
      // asked for while the image comes
      const structures = /** @type {Structures} */ (this.structures);
      const first = told.number === null ? prediction(image, structures) : label(image, told, structures);
      first.catch(() => {});
      const { size, instance } = await /** @type {Viewer} */ (this.viewer).open(uids);
      show(image, uids);
      structures.settle();
      this.overlay?.attach();
      const version = fitting(await first, size);
      const editor = new Editor({ image, series: uids.series, instance }, size, version, told.number !== null);
      this.say(this._resume(editor, told) || (told.flag ? `Flagged: ${told.flag.comment}` : ''));
      this._follow(editor);
    } catch (error) {
      this._showState('Not loaded');
      this._work?.offerAgain(true);
      return this.say(`No mask: ${/** @type {Error} */ (error).message}`);
    }
    document.body.dataset.fetalHeadOpenedMs = `${Math.round(performance.now() - began)}`;
    document.body.dataset.fetalHeadImage = image;
    this._past?.show(image).catch((error) => this.say(error.message));
  }

  /**
   * From now on what is drawn is of no image, until the next one is there with its mask.
   * @param {string} image the next one
   */
  _leave(image) {
    this.toolbox?.rest();
    this.editor = null;
    this.image = image;
    this.biometry?.clear();
    this._past?.clear();
    this._title.textContent = image;
    this._showState('Loading …');
    this._work?.offerAgain(false);
    this.say('');
  }

  /**
   * Brings unsent work back, unless the server has it by now.
   * @param {Editor} editor
   * @param {any} told what the work list has of the image
   * @returns {string} what to say of it; empty for nothing
   */
  _resume(editor, told) {
    const drafts = /** @type {Drafts} */ (this.drafts);
    const draft = drafts.of(editor.series, editor.size, editor.instance);
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

  /** A new prediction over what is there; undo brings it back. */
  predict() {
    return this._load((image, structures) => prediction(image, structures));
  }

  /**
   * Lays another version over what is there.
   * @param {(image: string, structures: Structures) => Promise<import('./editor.js').Version & import('./raster.js').Size>} ask
   */
  async _load(ask) {
    const editor = this.editor;
    if (!editor || !this.structures) return;
    try {
      const version = fitting(await ask(editor.image, this.structures), editor.size);
      // another image may be open by now
      if (this.editor === editor) editor.load(version);
    } catch (error) {
      this.say(/** @type {Error} */ (error).message);
    }
  }

  /** @param {Editor} editor */
  _follow(editor) {
    this.editor = editor;
    this._isKept = true;
    const draw = () => {
      this.viewer?.show(editor.mask);
      this.structures?.update();
      this.overlay?.draw();
    };
    editor.addEventListener('change', (event) => {
      const isOpen = this.editor === editor;
      if (isOpen) draw();
      if (/** @type {CustomEvent} */ (event).detail.during) return;
      this._isKept = this.drafts?.keep(editor) ?? false;
      if (!this._isKept) this.say('Your work is not kept, as the browser takes none or another tab keeps some on this image: submit it soon.');
      if (isOpen) this.biometry?.follow(editor);
    });
    editor.addEventListener('sent', () => this.editor === editor && this._showState());
    draw();
    this.biometry?.follow(editor);
    this._showState();
  }

  /**
   * The server has a label.
   * @param {Editor} editor whose
   * @param {string} print what of it: something may have been drawn since
   */
  submitted(editor, print) {
    editor.submitted(print);
    this.drafts?.keep(editor);
    this._past?.show(editor.image).catch((error) => this.say(error.message));
  }

  /** @param {string} sentence */
  say(sentence) {
    this._message.textContent = sentence;
  }

  /** @param {string} sentence why this image came */
  explain(sentence) {
    this._reason.textContent = sentence;
  }

  /** @param {string} [without] what to say as long as there is no mask */
  _showState(without = '') {
    this._state.textContent = !this.editor ? without : this.editor.unsent ? 'Not submitted' : 'Submitted';
    this._state.classList.toggle('unsent', this.editor?.unsent ?? true);
  }

  /** @param {BeforeUnloadEvent} event */
  _beforeUnload = (event) => {
    this.toolbox?.rest();
    // what is drawn is kept; a prediction nobody touched is not worth a question
    if (this.editor?.unsent && !this._isKept) event.preventDefault();
  };
}
