/** Work that the server does not have yet, kept in the browser: it outlives a crash, a closed tab and a lost connection. */

const PREFIX = 'fetal-head draft ';

/**
 * @param {import('./editor.js').Editor} editor
 * @returns {boolean} whether the browser took it
 */
export function keepDraft(editor) {
  try {
    localStorage.setItem(PREFIX + editor.image, JSON.stringify({ ...editor.draft, at: Date.now() }));
    return true;
  } catch {
    return false;
  }
}

/**
 * @param {string} image
 * @param {import('./raster.js').Size} size of the image that is there now
 * @returns {(import('./editor.js').Editor['draft'] & { at: number }) | null} null when there is none of an image of this size
 */
export function draftOf(image, size) {
  try {
    const draft = JSON.parse(localStorage.getItem(PREFIX + image) ?? 'null');
    return draft?.rows === size.rows && draft.columns === size.columns ? draft : null;
  } catch {
    return null;
  }
}

/** @param {string} image */
export function forgetDraft(image) {
  localStorage.removeItem(PREFIX + image);
}

/** @returns {string[]} the images with a draft */
export function drafts() {
  return Object.keys(localStorage).filter((key) => key.startsWith(PREFIX)).map((key) => key.slice(PREFIX.length));
}
