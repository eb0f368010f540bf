/** What this browser remembers of whoever sits before it. */

import { read, write } from './storage.js';

const NAME = 'fetal-head name';
const STRATEGY = 'fetal-head strategy';
/** Who sits before this page: before another one of the same browser it may be somebody else. */
let own = read(NAME);

/** @returns {string} the annotator's own name, or one by which the server tells this browser from others */
export function name() {
  if (!own) setName(`browser-${crypto.getRandomValues(new Uint32Array(1))[0].toString(36)}`);
  return /** @type {string} */ (own);
}

/** @param {string} name */
export const setName = (name) => write(NAME, (own = name.trim()));

/** @returns {string} the strategy that was chosen last; empty for none */
export const strategy = () => read(STRATEGY) ?? '';

/** @param {string} name */
export const setStrategy = (name) => write(STRATEGY, name);
