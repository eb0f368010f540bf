/** What this browser remembers of whoever sits before it. */

const NAME = 'fetal-head name';
const STRATEGY = 'fetal-head strategy';

/** @returns {string} the annotator's own name, or one by which the server tells this browser from others */
export function name() {
  const known = localStorage.getItem(NAME);
  if (known) return known;
  const made = `browser-${crypto.getRandomValues(new Uint32Array(1))[0].toString(36)}`;
  localStorage.setItem(NAME, made);
  return made;
}

/** @param {string} name */
export const setName = (name) => localStorage.setItem(NAME, name.trim());

/** @returns {string} the strategy that was chosen last; empty for none */
export const strategy = () => localStorage.getItem(STRATEGY) ?? '';

/** @param {string} name */
export const setStrategy = (name) => localStorage.setItem(STRATEGY, name);
