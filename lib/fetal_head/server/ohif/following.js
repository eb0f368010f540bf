/** What follows when the mask of the open image changes: it is shown, kept and measured, and known to be submitted or not. */

import * as choices from './choices.js';
import * as server from './server.js';

const NOT_KEPT = 'Your work is not kept, as another tab keeps some on this image: submit it soon.';
const ONLY_HERE = 'This page alone keeps your work, as the browser takes none: submit it before you leave the page.';

/**
 * @param {import('./panel.js').Panel} panel
 * @param {import('./editor.js').Editor} editor of the image that is open from now on
 */
export function follow(panel, editor) {
  panel.editor = editor;
  const draw = () => {
    panel.viewer?.show(editor.mask);
    panel.structures?.update();
    panel.overlay?.draw();
  };
  editor.addEventListener('change', (event) => {
    const isOpen = panel.editor === editor;
    if (isOpen) {
      draw();
      // also during a stroke, which may be given up: what was measured in the midst of it is of no mask that is there then
      panel.biometry?.follow(editor);
    }
    if (!(/** @type {CustomEvent} */ (event).detail.during)) keep(panel, editor);
  });
  editor.addEventListener('sent', () => panel.editor === editor && panel.heading.tell(editor));
  draw();
  panel.biometry?.follow(editor);
  panel.heading.tell(editor);
}

/**
 * Keeps what is unsent, and says where that may be lost.
 * @param {import('./panel.js').Panel} panel
 * @param {import('./editor.js').Editor} editor
 */
function keep(panel, editor) {
  const { drafts, heading } = panel;
  const said = !drafts?.keep(editor) ? NOT_KEPT : drafts.isOnlyHere(editor) ? ONLY_HERE : '';
  for (const sentence of [NOT_KEPT, ONLY_HERE]) heading.unsay(sentence);
  if (said) heading.say(said);
}

/**
 * The server has a label.
 * @param {import('./panel.js').Panel} panel
 * @param {import('./editor.js').Editor} editor whose
 * @param {string} print what of it: something may have been drawn since
 * @param {number} number that it has there
 */
export function submitted(panel, editor, print, number) {
  editor.submitted(print, number);
  panel.drafts?.keep(editor);
  panel.past?.show(editor).catch((error) => panel.heading.say(error.message));
}

/**
 * What is drawn is no label any more where its version was rejected.
 * @param {import('./panel.js').Panel} panel
 * @param {string} image of which a version was judged
 */
export async function judged(panel, image) {
  const told = await server.entry(image, choices.name());
  const { editor } = panel;
  const current = told.number ?? 0;
  // a later one is not what is drawn here, and is replaced only by whoever says so
  if (editor?.image === image && current < editor.replaces) editor.submitted(null, current);
}
