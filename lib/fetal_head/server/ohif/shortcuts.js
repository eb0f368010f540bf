/** The keys, and the panel that tells of them. */

import { el } from './dom.js';

/** @typedef {{ key: string, shift?: boolean, ctrl?: boolean, title: string, press: () => unknown }} Shortcut */

/**
 * @param {Shortcut[]} shortcuts
 * @returns {{ element: HTMLElement, stop: () => void }}
 */
export function shortcutsOf(shortcuts) {
  const listener = new AbortController();
  window.addEventListener(
    'keydown',
    (event) => {
      const target = /** @type {HTMLElement} */ (event.target);
      // space and Enter press what has the focus, letters are text in a field; in a list they would choose what nobody looks at
      if (target.closest('input:not([type=range]):not([type=radio]):not([type=checkbox]), textarea')) return;
      if ([' ', 'Enter'].includes(event.key) && target.closest('button, a, summary, input, select')) return;
      const key = keyOf(event);
      const ctrl = event.ctrlKey || event.metaKey;
      // a sign or a digit takes Shift on some keyboards and not on others
      const shift = event.shiftKey && !/^[-+0-9]$/.test(key);
      const found = shortcuts.find((s) => s.key === key && Boolean(s.ctrl) === ctrl && Boolean(s.shift) === shift);
      if (!found || event.altKey) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      if (!event.repeat) found.press();
    },
    { capture: true, signal: listener.signal },
  );
  const rows = shortcuts.map((s) => el('tr', {}, el('td', {}, el('kbd', {}, name(s))), el('td', {}, s.title)));
  const element = el('details', { className: 'shortcuts' }, el('summary', {}, 'Keyboard'), el('table', {}, el('tbody', {}, ...rows)));
  return { element, stop: () => listener.abort() };
}

/**
 * What a key types; of a keyboard that types no Latin letters, what stands there on one that does.
 * @param {KeyboardEvent} event
 */
function keyOf({ key, code }) {
  const typed = key.length === 1 ? key.toLowerCase() : key;
  return /^[\x20-\x7e]+$/.test(typed) ? typed : code.replace(/^(Key|Digit)/, '').toLowerCase();
}

/** @param {Shortcut} shortcut */
function name({ key, shift, ctrl }) {
  const plain = key === ' ' ? 'Space' : key.length === 1 ? key.toUpperCase() : key;
  return [ctrl ? 'Ctrl' : '', shift ? 'Shift' : '', plain].filter(Boolean).join('+');
}
