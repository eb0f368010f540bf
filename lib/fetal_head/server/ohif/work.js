/** Submit, next, skip, flag: how one gets through the images. */

import { button, el } from './dom.js';
import * as choices from './choices.js';
import * as server from './server.js';
import { submit } from './submitting.js';
import { NOT_CLOSED } from './toolbox.js';

const NOT_ANSWERED = 'The server has not answered yet: nothing else is done until it has.';

export class Work {
  /**
   * @param {import('./panel.js').Panel} panel
   * @param {string[]} strategies the default one first
   */
  constructor(panel, strategies) {
    this._panel = panel;
    this._strategy = el(
      'select',
      { id: 'fh-strategy', onchange: () => choices.setStrategy(this._strategy.value) },
      ...strategies.map((name) => el('option', { value: name, selected: name === choices.strategy() }, name)),
    );
    this._name = el('input', {
      id: 'fh-name',
      type: 'text',
      autocomplete: 'name',
      value: choices.name(),
      oninput: () => choices.setName(this._name.value),
      // what is known of him from now on, also where he leaves it empty
      onchange: () => (this._name.value = choices.name()),
    });
    this._comment = el('input', { id: 'fh-comment', type: 'text', placeholder: 'what is wrong with it' });
    this.element = el(
      'section',
      { 'aria-label': 'Work' },
      el(
        'div',
        { className: 'line' },
        button('Submit + next', () => this.submitAndNext(), { id: 'fh-submit-next', className: 'first' }),
        button('Submit', () => this.submit(), { id: 'fh-submit' }),
        button('Next', () => this.next(), { id: 'fh-next' }),
        button('Skip', () => this.skip(), { id: 'fh-skip' }),
        button('Predict again', () => panel.predict(), { id: 'fh-predict' }),
      ),
      el('div', { className: 'line' }, el('label', { for: 'fh-strategy' }, 'Next by '), this._strategy),
      el(
        'div',
        { className: 'line' },
        el('label', { for: 'fh-comment' }, 'Flag '),
        this._comment,
        button('Flag', () => this.flag(), { id: 'fh-flag' }),
      ),
      el('div', { className: 'line' }, el('label', { for: 'fh-name' }, 'Your name '), this._name),
    );
    this._again = el('div', { className: 'line', hidden: true }, button('Try again', () => this._openAgain(), { id: 'fh-again' }));
    this.element.prepend(this._again);
    this._busy = false;
  }

  /**
   * Opens an image, while nothing else is done.
   * @param {string} image
   */
  async open(image) {
    await this._alone(() => this._panel.open(image));
  }

  /** @returns {import('./shortcuts.js').Shortcut[]} */
  get shortcuts() {
    return [
      { key: ' ', title: 'Submit and next', press: () => this.submitAndNext() },
      { key: 's', ctrl: true, title: 'Submit', press: () => this.submit() },
      { key: 'n', title: 'Next without submitting', press: () => this.next() },
    ];
  }

  /** What was said of one image is not said of the next. */
  clear() {
    this._comment.value = '';
    this.offerAgain(false);
  }

  /** @param {boolean} isOffered whether there is something to open again */
  offerAgain(isOffered) {
    this._again.hidden = !isOffered;
  }

  _openAgain() {
    const { image, viewer } = this._panel;
    if (viewer?.hasBegun) return this.open(image);
    // what the viewer did not get when its page began, it never asks for again
    location.assign(`/ohif/fetal?image=${encodeURIComponent(image)}`);
  }

  submit() {
    return this._alone(() => submit(this._panel));
  }

  async submitAndNext() {
    await this._alone(async () => {
      const { editor } = this._panel;
      if (!editor || !(await submit(this._panel))) return;
      const sample = await this._sample();
      this._panel.toolbox?.rest();
      if (editor.unsent || this._panel.toolbox?.isBegun) this._panel.heading.say('The next image waits: what was drawn since is not submitted.');
      else await this._show(sample);
    });
  }

  next() {
    return this._goOn();
  }

  skip() {
    return this._goOn((seen) => server.skip(seen, choices.name()));
  }

  flag() {
    const comment = this._comment.value.trim();
    const tell = (/** @type {server.Seen} */ seen) => server.flag(seen, comment, choices.name());
    // the comment stays until the next image is there: without it, pressed again, the flag would be taken away
    if (comment) return this._goOn(tell);
    return this._alone(async () => {
      const { seen, heading } = this._panel;
      const { flag } = await server.entry(seen.image, choices.name());
      if (flag) await tell(seen);
      heading.say(flag ? 'The flag is taken away.' : 'The image has no flag: to set one, write in the field what is wrong with it.');
    });
  }

  /**
   * Leaves the open image for the next one.
   * @param {(seen: server.Seen) => Promise<unknown>} [tell] the server of it, before
   */
  _goOn(tell = async () => {}) {
    return this._alone(async () => {
      if (!this._mayLeave()) return;
      const { editor, seen, toolbox } = this._panel;
      const steps = editor?.steps;
      await tell(seen);
      const sample = await this._sample();
      // the hand goes on while the server answers
      toolbox?.rest();
      const isAsked = editor?.steps === steps && !toolbox?.isBegun;
      if (isAsked || this._mayLeave()) await this._show(sample);
    });
  }

  /** Whether the open image may be left; work that nobody keeps only by whoever did it. */
  _mayLeave() {
    return !this._panel.isAtRisk || confirm('What you drew is neither submitted nor kept in this browser. Leave it, and lose it?');
  }

  _sample() {
    return server.nextSample(this._strategy.value, choices.name(), this._panel.image);
  }

  /** @param {any} sample the server's answer that chose the image */
  async _show(sample) {
    if (!sample.id) {
      this._panel.heading.say(server.NOTHING_LEFT);
      return;
    }
    await this._panel.open(sample.id);
    this.explain(sample);
  }

  /** @param {any} sample the server's answer that chose the image */
  explain(sample) {
    const rank = sample.rank ? ` (rank ${sample.rank} of ${sample.of}${sample.score === null ? '' : `, score ${sample.score}`})` : '';
    this._panel.heading.explain(sample.why ? `${sample.why}${rank}` : '');
  }

  /**
   * @template T
   * @param {() => Promise<T>} work one at a time, whatever keys are pressed
   * @returns {Promise<T | false>}
   */
  async _alone(work) {
    if (this._busy) {
      this._panel.heading.say(NOT_ANSWERED);
      return false;
    }
    if (this._panel.toolbox?.isBegun) {
      this._panel.heading.say(NOT_CLOSED);
      return false;
    }
    this._busy = true;
    try {
      return await work();
    } catch (error) {
      this._panel.heading.say(/** @type {Error} */ (error).message);
      return false;
    } finally {
      this._busy = false;
      this._panel.heading.unsay(NOT_ANSWERED);
    }
  }
}
