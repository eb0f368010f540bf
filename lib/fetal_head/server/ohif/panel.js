/** The panel beside the image: it puts the parts together and knows which image is open. */

import { Biometry } from './biometry.js';
import * as choices from './choices.js';
import { button, el } from './dom.js';
import { Drafts, resume } from './drafts.js';
import { Editor } from './editor.js';
import { follow, judged } from './following.js';
import { Heading } from './heading.js';
import { Overlay } from './overlay.js';
import { Past } from './past.js';
import { show } from './opening.js';
import { Review } from './review.js';
import * as server from './server.js';
import { shortcutsOf } from './shortcuts.js';
import { Structures } from './structures.js';
import { Toolbox } from './toolbox.js';
import { Training } from './training.js';
import { MODEL, beginning, checkPicture, fitting, label, layOver, prediction } from './versions.js';
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
    /** How often another version was asked for. */
    this.asked = 0;
    /** @type {Editor | null} null as long as there is no mask to work on: nothing can be drawn or submitted then */
    this.editor = null;
    /** The image that is open, or on its way, and its picture, empty as long as that is not known. */
    this.seen = { image: '', picture: '' };
    this.heading = new Heading();
    this.element = el('div', { className: 'fetal-head' }, el('p', {}, 'Loading …'));
    // for those who look at the page from outside
    Object.assign(window, { fetalHead: this });
    this._ready = this._make();
  }

  get image() {
    return this.seen.image;
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

  /** @returns {Promise<void>} */
  async _make() {
    let asked;
    try {
      asked = await Promise.all([server.structures(), server.info(), server.me()]);
    } catch (error) {
      this.heading.say(/** @type {Error} */ (error).message);
      return this.element.replaceChildren(this.heading.message, button('Try again', () => this._make()));
    }
    const [structures, told, me] = asked;
    this.heading.say('');
    this.drafts = new Drafts(me.username);
    this._build(structures, Object.keys(told.strategies), me.roles);
    await this._work?.open(new URLSearchParams(location.search).get('image') ?? '');
    if (this._given.first) this._work?.explain(this._given.first);
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
    this.toolbox = new Toolbox(() => this.editor, this.structures, () => this.overlay?.draw(), this.heading);
    this.biometry = new Biometry(() => this.overlay?.draw());
    this.overlay = new Overlay(this.viewer, () => this.toolbox?.tool ?? null, () => this.biometry?.calipers ?? []);
    const say = (/** @type {string} */ sentence) => this.heading.say(sentence);
    const load = (/** @type {any} */ entry) => {
      const notice = entry.of_this_picture ? '' : 'This mask was drawn on another picture, which this one has taken the place of.';
      return layOver(this, (image, all) => label(image, entry, all), notice);
    };
    this.past = new Past(load, new Review(roles.includes('reviewer'), say), (image) => judged(this, image));
    this._training = new Training(MODEL, roles.includes('admin'), say);
    this._work = new Work(this, strategies);
    this._shortcuts = shortcutsOf([...this.structures.shortcuts, ...this.toolbox.shortcuts, ...this._work.shortcuts]);
    this.element.replaceChildren(
      ...this.heading.elements,
      this._work.element,
      this.toolbox.element,
      this.structures.element,
      this.biometry.element,
      this.past.element,
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
   */
  async open(image) {
    const began = performance.now();
    this._leave(image);
    try {
      // the picture first: a label that is told of afterwards is of it, or of one of which this page has no picture to submit for
      const uids = await server.dicomOf(image);
      const told = await server.entry(image, choices.name());
      this.seen = { image, picture: uids.picture };
      if (told.problem !== null) throw new Error(told.problem);
      // asked for while the image comes
      const structures = /** @type {Structures} */ (this.structures);
      const first = beginning(image, told, structures);
      first.catch(() => {});
      const size = await /** @type {Viewer} */ (this.viewer).open(uids).catch(async (error) => {
        // the server can tell why, the viewer only that nothing came
        await first;
        throw error;
      });
      this.viewer?.see(true);
      show(image, uids);
      structures.settle();
      this.overlay?.attach();
      const { version, isLabel, notice } = await first;
      // a label is of the picture that it was drawn on
      if (!isLabel) await checkPicture(image, uids.picture);
      const of = { image, ...uids, replaces: told.number ?? 0, head: structures.head };
      const editor = new Editor(of, size, fitting(version, size), isLabel);
      const back = resume(/** @type {Drafts} */ (this.drafts), editor, told);
      const flagged = told.flag ? `Flagged: ${told.flag.comment}` : '';
      this.heading.say([back, notice, flagged].filter(Boolean).join(' '));
      follow(this, editor);
    } catch (error) {
      this.heading.tell(null, 'Not loaded');
      this._work?.offerAgain(true);
      return this.heading.say(`No mask: ${/** @type {Error} */ (error).message}`);
    }
    document.body.dataset.fetalHeadOpenedMs = `${Math.round(performance.now() - began)}`;
    document.body.dataset.fetalHeadImage = image;
    this.past?.show(this.seen).catch((error) => this.heading.say(error.message));
  }

  /**
   * From now on what is drawn is of no image, until the next one is there with its mask.
   * @param {string} image the next one
   */
  _leave(image) {
    this.toolbox?.rest();
    this.editor = null;
    this.seen = { image, picture: '' };
    this.viewer?.see(false);
    this.structures?.update();
    this.biometry?.clear();
    this.past?.clear();
    this.heading.name(image);
    this.heading.explain('');
    this.heading.tell(null, 'Loading …');
    this._work?.clear();
    this.heading.say('');
  }

  /** A new prediction over what is there; undo brings it back. */
  predict() {
    return layOver(this, (image, structures) => prediction(image, structures));
  }

  /** Whether leaving the image loses work: neither the server nor a draft has it, as nobody has corners that are not closed. */
  get isAtRisk() {
    this.toolbox?.rest();
    const { editor } = this;
    return Boolean(this.toolbox?.isBegun || (editor?.touched && editor.unsent && !this.drafts?.holds(editor)));
  }

  /** @param {BeforeUnloadEvent} event */
  _beforeUnload = (event) => {
    // what is drawn is kept; a prediction nobody touched is not worth a question
    if (this.isAtRisk || this.drafts?.isOnlyHere()) event.preventDefault();
  };
}
