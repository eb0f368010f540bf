/** Submit, next, skip, flag: how one gets through the images. */

import { button, el } from './dom.js';
import { keepDraft } from './drafts.js';
import * as choices from './choices.js';
import * as server from './server.js';

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
      onchange: () => choices.setName(this._name.value),
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
    this._busy = false;
  }

  /** @returns {Promise<boolean>} whether the server has it */
  submit() {
    return this._alone(async () => this._submit());
  }

  async submitAndNext() {
    await this._alone(async () => (await this._submit()) && this._next());
  }

  async next() {
    await this._alone(() => this._next());
  }

  async skip() {
    await this._alone(async () => {
      const { editor } = this._panel;
      if (!editor) return;
      await server.skip(editor.image, this._name.value);
      await this._next();
    });
  }

  async flag() {
    await this._alone(async () => {
      const { editor } = this._panel;
      if (!editor) return;
      const comment = this._comment.value.trim();
      await server.flag(editor.image, comment, this._name.value);
      this._comment.value = '';
      if (comment) await this._next();
      else this._panel.say('The flag is taken away.');
    });
  }

  async _submit() {
    const { editor } = this._panel;
    if (!editor) return false;
    const sent = editor.steps;
    try {
      await server.submit(editor, this._name.value);
    } catch (error) {
      keepDraft(editor);
      this._panel.say(`Not submitted, and kept in this browser: ${/** @type {Error} */ (error).message}`);
      return false;
    }
    // a stroke that was drawn meanwhile is still to be sent
    if (editor.steps === sent) this._panel.submitted();
    this._panel.say('');
    return editor.steps === sent;
  }

  async _next() {
    const strategy = this._strategy.value;
    const sample = await server.nextSample(strategy, this._name.value);
    if (!sample.id) {
      this._panel.say(server.NOTHING_LEFT);
      return;
    }
    await this._panel.open(sample.id, { study: sample.StudyInstanceUID, series: sample.SeriesInstanceUID });
    this.explain(sample);
  }

  /** @param {any} sample the server's answer that chose the image */
  explain(sample) {
    const rank = sample.rank ? ` (rank ${sample.rank} of ${sample.of}${sample.score === null ? '' : `, score ${sample.score}`})` : '';
    this._panel.explain(sample.why ? `${sample.why}${rank}` : '');
  }

  /**
   * @template T
   * @param {() => Promise<T>} work one at a time, whatever keys are pressed
   * @returns {Promise<T | false>}
   */
  async _alone(work) {
    if (this._busy) return false;
    this._busy = true;
    try {
      return await work();
    } catch (error) {
      this._panel.say(/** @type {Error} */ (error).message);
      return false;
    } finally {
      this._busy = false;
    }
  }
}
