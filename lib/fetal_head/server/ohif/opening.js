/** Which image a fresh page opens: the one that its address names, or the next one. OHIF wants to know it by its UIDs. */

import { name, strategy } from './choices.js';
import { el } from './dom.js';
import { dicomOf, info, nextSample } from './server.js';

/**
 * Completes the address of the page with the UIDs of its image.
 * @returns {Promise<any>} the answer of the server where it chose the image; null where the address names it
 */
export async function completeAddress() {
  const query = new URLSearchParams(location.search);
  const image = query.get('image');
  if (image) {
    // whatever else the address says: an image must not stand under the name of another one
    show(image, await dicomOf(image));
    return null;
  }
  const offered = Object.keys((await info()).strategies);
  const sample = await nextSample(offered.includes(strategy()) ? strategy() : offered[0], name());
  if (!sample.id) {
    location.replace('/ohif/?nothing-left');
    return new Promise(() => {});
  }
  show(sample.id, { study: sample.StudyInstanceUID, series: sample.SeriesInstanceUID });
  return sample;
}

/**
 * Says in place of OHIF why there is no image to open.
 * @param {unknown} error
 */
export function sayWhy(error) {
  document.body.replaceChildren(
    el(
      'main',
      { className: 'fetal-head' },
      el('h1', {}, 'Fetal head'),
      el('p', { id: 'fh-message', role: 'alert' }, `No image: ${/** @type {Error} */ (error).message}`),
      el('p', {}, el('a', { href: location.href }, 'Try again')),
      el('p', {}, el('a', { href: '/ohif/' }, 'Work list')),
    ),
  );
}

/**
 * @param {string} image
 * @param {{ study: string, series: string }} uids
 */
export function show(image, { study, series }) {
  const address = new URLSearchParams({ StudyInstanceUIDs: study, SeriesInstanceUIDs: series, image });
  history.replaceState(history.state, '', `/ohif/fetal?${address}`);
}
