/**
 * An element with its properties and children.
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Record<string, any>} [properties] `aria-...` and `for` become attributes
 * @param {...(Node | string | null)} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function el(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith('aria-') || name === 'for' || name === 'role') made.setAttribute(name, value);
    else Object.assign(made, { [name]: value });
  }
  made.append(...children.filter((child) => child !== null));
  return made;
}

/**
 * A button that cannot be pressed twice while what it began goes on.
 * @param {string} label
 * @param {() => unknown} press
 * @param {Record<string, any>} [properties]
 */
export function button(label, press, properties = {}) {
  const made = el('button', { type: 'button', ...properties }, label);
  made.addEventListener('click', async (event) => {
    if (made.ariaDisabled === 'true') return;
    // whoever clicked means the page by the next key, not this button again
    if (event.detail) made.blur();
    // one that is disabled altogether would lose the keyboard, whose next key would then mean the page as well
    made.ariaDisabled = 'true';
    try {
      await press();
    } finally {
      made.ariaDisabled = 'false';
    }
  });
  return made;
}

/** @param {number} seconds since 1970 */
export const when = (seconds) => new Date(1000 * seconds).toLocaleString();
