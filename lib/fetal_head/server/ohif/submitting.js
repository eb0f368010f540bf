/** How what is drawn becomes the label, and in whose place. */

import * as choices from './choices.js';
import { submitted } from './following.js';
import { printOf, toRuns } from './runs.js';
import * as server from './server.js';

/**
 * Sends what is drawn on the open image. What the server does not take stays in the browser, and the page says why.
 * @param {import('./panel.js').Panel} panel
 * @param {number} [replaces] the number of the label that it may replace: the one that was seen here, or asked about
 * @returns {Promise<boolean>} whether the server has it
 */
export async function submit(panel, replaces) {
  const { editor, heading, toolbox, drafts } = panel;
  if (!editor) return false;
  // half a stroke is no label
  toolbox?.rest();
  const { print } = editor;
  const sent = maskPrint(editor.mask);
  let number;
  try {
    number = await server.submit(editor, choices.name(), replaces ?? editor.replaces);
  } catch (error) {
    const { status, message, tag } = /** @type {server.Refused} */ (error);
    const theirs = Number(tag?.match(/\d+/)?.[0] ?? 0);
    const follows = status === 412 && (await isOurs(editor, theirs, drafts?.who));
    if (follows || (status === 412 && confirm(`${message}. Shall yours be the label instead? Both are kept.`))) {
      // with what was drawn since; one that came while this was asked is asked about as well
      return submit(panel, theirs);
    }
    // one that refuses has not taken it; of all else nobody knows
    if (!(status >= 400 && status < 500)) editor.unheard(sent);
    const isKept = drafts?.keep(editor);
    const kept = !isKept ? 'nor kept in this browser' : drafts?.isOnlyHere(editor) ? 'and kept by this page alone' : 'and kept in this browser';
    heading.say(`Not submitted, ${kept}: ${message}`);
    return false;
  }
  submitted(panel, editor, print, number);
  heading.say('');
  return true;
}

/**
 * Whether the label that is there is one that was sent from here, whose answer was lost: what was drawn since follows it.
 * @param {import('./editor.js').Editor} editor
 * @param {number} number
 * @param {string | undefined} who works here
 */
async function isOurs(editor, number, who) {
  if (!editor.maybeThere.size) return false;
  try {
    // two people who submit the same prediction send the same mask
    const told = (await server.history(editor.image)).find((/** @type {any} */ entry) => entry.number === number);
    return told?.who === who && editor.maybeThere.has(maskPrint((await server.submission(editor.image, number)).mask));
  } catch {
    return false;
  }
}

/** @param {Uint8Array} mask of whatever structures: the server has its own word on which a mask speaks of */
const maskPrint = (mask) => printOf({ runs: toRuns(mask), annotated: [] });
