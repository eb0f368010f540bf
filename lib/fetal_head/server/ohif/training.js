/** The model: which one is served, a training and how far it is, and the way back to the one before. */

import { button, el } from './dom.js';
import { info, rollBack, train, training, versions } from './server.js';

const EVERY_MS = 3000;

export class Training {
  /**
   * @param {string} model
   * @param {boolean} isAllowed whether he who looks may train and choose the version
   * @param {(sentence: string) => void} say
   */
  constructor(model, isAllowed, say) {
    this._model = model;
    this._say = say;
    /** @type {string | null} */
    this._served = null;
    this._name = el('p', { id: 'fh-version' });
    this._progress = el('progress', { max: 1, value: 0, hidden: true, 'aria-label': 'Training' });
    this._told = el('p', { role: 'status' });
    this._notice = el('p', { className: 'notice', role: 'status', id: 'fh-new-model' });
    this._train = button('Train', () => this._start(), { id: 'fh-train' });
    this._back = button('Back to the version before', () => this._rollBack(), { id: 'fh-rollback' });
    this.element = el(
      'section',
      { 'aria-label': 'Model' },
      el('h3', {}, 'Model'),
      this._name,
      this._notice,
      this._told,
      this._progress,
      el('div', { className: 'line', hidden: !isAllowed }, this._train, this._back),
    );
    /** @type {Promise<void> | null} a look that goes on: a later one's answers may come first, and what was would be told as new */
    this._looking = null;
    this._timer = setInterval(() => this.look(), EVERY_MS);
  }

  stop() {
    clearInterval(this._timer);
  }

  /** Looks at what the server does and serves, once at a time. */
  look() {
    this._looking ??= this._look().finally(() => (this._looking = null));
    return this._looking;
  }

  async _look() {
    try {
      const [all, task] = await Promise.all([versions(), training()]);
      this._showVersions(all);
      await this._showTask(task);
    } catch (error) {
      this._told.textContent = /** @type {Error} */ (error).message;
    }
  }

  async _start() {
    try {
      await train(this._model);
      this._told.textContent = 'The training begins.';
      await this.look();
    } catch (error) {
      this._say(/** @type {Error} */ (error).message);
    }
  }

  async _rollBack() {
    try {
      await rollBack();
      await this.look();
    } catch (error) {
      this._say(/** @type {Error} */ (error).message);
    }
  }

  /** @param {any[]} all */
  _showVersions(all) {
    const served = all.find((version) => version.served);
    if (!served) return;
    this._name.textContent = `Served: ${served.version}${dice(served.dice)}`;
    if (this._served && this._served !== served.version) {
      const old = all.find((version) => version.version === this._served);
      this._notice.textContent = `New model ${served.version}${dice(served.dice)}; before: ${this._served}${dice(old?.dice)}. ${served.verdict?.reason ?? ''}`;
    }
    this._served = served.version;
  }

  /** @param {any} task */
  async _showTask(task) {
    const runs = task?.status === 'RUNNING';
    this._progress.hidden = !runs;
    if (!runs) {
      this._told.textContent = task?.status === 'ERROR' ? 'The last training failed; the server log says why.' : '';
      return;
    }
    const { epoch, total_epochs: epochs, seconds_left: left } = (await info()).train_stats?.[this._model] ?? {};
    if (epoch && epochs) this._progress.value = epoch / epochs;
    else this._progress.removeAttribute('value');
    this._told.textContent = epoch
      ? `Training: epoch ${epoch} of ${epochs}${left === undefined || left === null ? '' : `, ${Math.ceil(left / 60)} min left`}`
      : 'Training: reading the labels';
  }
}

/** @param {Record<string, number | null> | undefined} by structure */
function dice(by) {
  const known = Object.entries(by ?? {}).filter(([, value]) => typeof value === 'number');
  return known.length ? ` (Dice ${known.map(([name, value]) => `${name} ${Number(value).toFixed(2)}`).join(', ')})` : '';
}
