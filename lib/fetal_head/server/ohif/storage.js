/** What this browser keeps; what it does not take is kept by this page, as long as it is open. */

/** @type {Map<string, string>} */
const here = new Map();

/**
 * @param {string} key
 * @returns {string | null} what the browser keeps; null also where it keeps nothing
 */
export function kept(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

/**
 * @param {string} key
 * @returns {string | null}
 */
export const read = (key) => here.get(key) ?? kept(key);

/**
 * @param {string} key
 * @param {string} value
 */
export function write(key, value) {
  try {
    localStorage.setItem(key, value);
    here.delete(key);
  } catch {
    here.set(key, value);
  }
}

/** @param {string} key */
export function remove(key) {
  here.delete(key);
  if (kept(key) !== null) localStorage.removeItem(key);
}

/** @param {string} key */
export const isOnlyHere = (key) => here.has(key);

/**
 * @param {string} prefix
 * @returns {string[]}
 */
export function keys(prefix) {
  let all = [...here.keys()];
  try {
    all = [...new Set([...all, ...Object.keys(localStorage)])];
  } catch {
    // a browser that keeps nothing has no keys
  }
  return all.filter((key) => key.startsWith(prefix));
}
