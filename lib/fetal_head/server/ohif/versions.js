/** What the server has of an image, as a version to work on. */

import * as choices from './choices.js';
import { Refused, dicomOf, history, predict, submission } from './server.js';

export const MODEL = 'fetal_head';
const PREDICTED = 'original';

/**
 * @typedef {import('./editor.js').Version} Version
 * @typedef {import('./raster.js').Size} Size
 * @typedef {import('./structures.js').Structures} Structures
 * @typedef {{ mask: Uint8Array } & Size} Found a mask as it came
 */

/**
 * What the work on an image begins with: the label that the server has, or a prediction.
 * @param {string} image
 * @param {any} told what the work list has of it
 * @param {Structures} structures
 * @returns {Promise<{ version: Version & Size, isLabel: boolean, notice: string }>} `notice` says why there is no label, or why it is not shown
 */
export async function beginning(image, told, structures) {
  let notice = '';
  if (told.number !== null) {
    try {
      const [version, rejected] = await Promise.all([label(image, told, structures), whyRejected(image, told.number)]);
      return { version, isLabel: true, notice: rejected };
    } catch (error) {
      // one that was put into the folder and fits no pixel of the image must not keep anybody from labelling it
      if (!(error instanceof Refused) || error.status !== 422) throw error;
      notice = `The label is not shown, in its place is a new prediction: ${error.message}`;
    }
  }
  // of a flagged image the work list has no other state
  const why = ['rejected', 'flagged'].includes(told.status) ? whyRejected(image, 0) : '';
  const [version, rejected] = await Promise.all([prediction(image, structures), why]);
  return { version, isLabel: false, notice: notice || rejected };
}

/**
 * @param {string} image
 * @param {number} label that stands, 0 for none
 * @returns {Promise<string>} a sentence on the last rejected one since
 */
async function whyRejected(image, label) {
  const last = (await history(image)).findLast(
    (/** @type {any} */ entry) => entry.number > label && entry.status === 'rejected' && !entry.deleted && entry.of_this_picture,
  );
  if (!last) return '';
  const why = `${last.reviewer ? ` by ${last.reviewer}` : ''}${last.comment ? `: ${last.comment}` : ''}`;
  const instead = label ? `version ${label} is the label again` : 'in its place is a new prediction';
  return `Version ${last.number} by ${last.who || 'nobody named'} was rejected${why}. It is among the earlier versions; ${instead}.`;
}

/**
 * @param {string} image
 * @param {Structures} structures
 * @returns {Promise<Version & Size>}
 */
export async function prediction(image, structures) {
  const found = await predict(MODEL, image, choices.name());
  return { ...found, annotated: structures.asked, model: found.params.model_version };
}

/**
 * @param {string} image
 * @param {{ number: number, annotated: string[] | null, model: string | null, tag?: string }} told of it, by the work list or the history
 * @param {Structures} structures
 * @returns {Promise<Version & Size>}
 */
export async function label(image, { number, annotated, model, tag }, structures) {
  const found = await submission(image, number);
  const spoken = tag === PREDICTED ? structures.asked : annotated;
  return { ...found, annotated: spoken ?? structures.annotatedIn(found.mask), model };
}

/**
 * Throws where another picture has taken the place of the one that is open: what the server made since may be of that one.
 * @param {string} image
 * @param {string} picture the open one
 */
export async function checkPicture(image, picture) {
  const now = await dicomOf(image);
  if (now.picture !== picture) throw new Error('The image was replaced since it was opened: load the page again.');
}

/**
 * Lays another version over what is there.
 * @param {import('./panel.js').Panel} panel
 * @param {(image: string, structures: Structures) => Promise<Version & Size>} ask
 * @param {string | null} [notice] what to say of it then; null for nothing new
 */
export async function layOver(panel, ask, notice = null) {
  const { editor, structures, heading } = panel;
  if (!editor || !structures) return;
  const asked = ++panel.asked;
  // another image may be open by now, or another version be wanted
  const isWanted = () => panel.editor === editor && asked === panel.asked;
  try {
    const version = fitting(await ask(editor.image, structures), editor.size);
    await checkPicture(editor.image, editor.picture);
    if (!isWanted()) return;
    if (notice !== null) heading.say(notice);
    editor.load(version);
  } catch (error) {
    if (isWanted()) heading.say(/** @type {Error} */ (error).message);
  }
}

/**
 * @param {Version & Size} version
 * @param {Size} size of the image
 * @returns {Version}
 */
export function fitting(version, { rows, columns }) {
  if (version.rows === rows && version.columns === columns) return version;
  throw new Error(`The mask has ${version.columns} x ${version.rows} pixels, its image ${columns} x ${rows}.`);
}
