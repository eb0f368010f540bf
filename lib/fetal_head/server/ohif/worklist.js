/** The work list: every image with its status, a page at a time, as it stands now. */

import { el, when } from './dom.js';
import { Drafts } from './drafts.js';
import { NOTHING_LEFT, dicomOf, me, worklist } from './server.js';

const PAGE = 50;
const WAIT_MS = 200;
const REFRESH_MS = 5000;

const form = /** @type {HTMLFormElement} */ (document.querySelector('form'));
const [images, count, message, before, after] = ['images', 'count', 'message', 'before', 'after'].map(
  (id) => /** @type {HTMLElement} */ (document.getElementById(id)),
);
/** @type {Drafts | undefined} */
let kept;
let offset = 0;
let asked = 0;
let shown = '';
let notice = location.search === '?nothing-left' ? NOTHING_LEFT : '';
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;

async function show() {
  const mine = ++asked;
  const query = Object.fromEntries([...new FormData(form)].map(([key, value]) => [key, String(value)]).filter(([, value]) => value));
  try {
    const found = await worklist({ ...query, limit: `${PAGE}`, offset: `${offset}` });
    const unsent = await drafts(found.images);
    if (mine !== asked) return;
    message.textContent = notice;
    if (offset > 0 && offset >= found.total) {
      // the last images of this page are done
      offset = PAGE * Math.floor(Math.max(0, found.total - 1) / PAGE);
      return show();
    }
    // rows that are the same stay: the keyboard may stand on one of them
    if (shown === (shown = JSON.stringify([found, unsent]))) return;
    images.replaceChildren(...found.images.map((/** @type {any} */ image) => row(image, unsent.includes(image.id))));
    const last = Math.min(offset + PAGE, found.total);
    count.textContent = found.total ? `${offset + 1} to ${last} of ${found.total} images` : 'no such image';
    before.toggleAttribute('disabled', offset === 0);
    after.toggleAttribute('disabled', last >= found.total);
  } catch (error) {
    message.textContent = /** @type {Error} */ (error).message;
  }
}

/**
 * @param {any} image
 * @param {boolean} isUnsent whether the browser keeps work on it
 */
function row({ id, status, held_by: holder, who, at, dice, flag, problem }, isUnsent) {
  const states = [status === 'flagged' ? `flagged: ${flag.comment}` : status];
  if (problem !== null) states.push(`cannot be read: ${problem}`);
  if (holder !== null) states.push(`in work${holder ? ` by ${holder}` : ''}`);
  if (isUnsent) states.push('unsent work in this browser');
  return el(
    'tr',
    {},
    el('th', { scope: 'row' }, el('a', { href: `/ohif/fetal?image=${encodeURIComponent(id)}` }, id)),
    el('td', {}, states.join(', ')),
    el('td', {}, who ?? ''),
    el('td', {}, at === null ? '' : when(at)),
    el('td', {}, dice === null ? '' : dice.toFixed(3)),
  );
}

/**
 * @param {{ id: string }[]} found
 * @returns {Promise<string[]>} those with a draft in this browser; that of another study, which may call an image the same, is none
 */
async function drafts(found) {
  kept ??= new Drafts((await me()).username);
  const near = kept.all.filter(({ image }) => found.some(({ id }) => id === image));
  const ours = await Promise.all(
    near.map(({ image, place, picture }) => dicomOf(image).then((now) => now.place === place && now.picture === picture, () => false)),
  );
  return near.filter((_, i) => ours[i]).map(({ image }) => image);
}

/** One answer after the other: on a slow line each would be overtaken before it comes. */
async function refresh() {
  if (!document.hidden) await show();
  setTimeout(refresh, REFRESH_MS);
}

form.addEventListener('submit', (event) => event.preventDefault());
form.addEventListener('input', () => {
  clearTimeout(timer);
  offset = 0;
  notice = '';
  timer = setTimeout(show, WAIT_MS);
});
before.addEventListener('click', () => {
  offset = Math.max(0, offset - PAGE);
  show();
});
after.addEventListener('click', () => {
  offset += PAGE;
  show();
});
refresh();
