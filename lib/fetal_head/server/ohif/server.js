/** What is asked of the server. Every refusal is an Error with the server's own sentence. */

import { readNrrd, writeNrrd } from './nrrd.js';

export const NOT_REACHED = 'The server cannot be reached.';
const WHO = '/auth/token/valid';
const AGAIN_MS = 3000;

export class Refused extends Error {
  /**
   * @param {number} status
   * @param {string} sentence
   * @param {string | null} [tag] of what is there instead
   */
  constructor(status, sentence, tag = null) {
    super(sentence);
    this.status = status;
    this.tag = tag;
  }
}

/** Who was signed in when this page was opened: what he does here is nobody else's, whoever signs in at his browser since. */
let opener = '';

/**
 * @param {string} path
 * @param {RequestInit} [request]
 * @returns {Promise<Response>}
 */
async function ask(path, request) {
  const said = opener && { 'fetal-head-opened-by': encodeURIComponent(opener) };
  let answer;
  try {
    answer = await fetch(path, { ...request, headers: { ...request?.headers, ...said } });
  } catch {
    throw new Refused(0, NOT_REACHED);
  }
  if (answer.ok) return answer;
  const told = await answer.json().catch(() => ({}));
  const detail = told.detail?.message ?? told.detail;
  const sentence = typeof detail === 'string' ? detail : `The server answered ${answer.status}.`;
  throw new Refused(answer.status, sentence, answer.headers.get('etag'));
}

/**
 * @param {string} path
 * @param {unknown} body
 */
const post = (path, body) =>
  ask(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }).then((a) => a.json());
const get = (/** @type {string} */ path) => ask(path).then((answer) => answer.json());
const id = encodeURIComponent;

/** @param {Record<string, unknown>} [params] */
function form(params = {}) {
  const data = new FormData();
  data.append('params', JSON.stringify(params));
  return data;
}

export const info = () => get('/info/');

/** @returns {Promise<import('./viewer.js').Structure[]>} */
export const structures = () => get('/ohif/fetal-head/structures.json');

/**
 * Who looks, empty where nobody has to sign in, and what he may do: user, annotator, reviewer, admin.
 * @returns {Promise<{ username: string, roles: string[] }>}
 */
export async function me() {
  const found = await get(WHO);
  opener = found.username;
  return found;
}

/** Waits until the server answers, whatever it says. */
export async function answers() {
  let isAway = true;
  while (isAway) {
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    isAway = await get(WHO).then(() => false, (error) => !error.status);
  }
}

/** What an annotator is told when the next sample has no id. */
export const NOTHING_LEFT = 'There is no image left for you: all are labelled, or others work on them.';

/**
 * @param {string} strategy
 * @param {string} who
 * @param {string} leaving the image that is open, empty for none
 */
export const nextSample = (strategy, who, leaving = '') =>
  post(`/activelearning/${id(strategy)}`, { client_id: who, leaving });

/**
 * @param {string} image
 * @param {string} who
 */
export const entry = (image, who) => get(`/worklist/${id(image)}?client_id=${id(who)}`);

/**
 * Under which UIDs an image is answered by DICOMweb, and two that stay whoever's it is and whenever its file is touched: its own,
 * which no image of another study has, and that of the picture which its file shows.
 * @typedef {{ study: string, series: string, instance: string, place: string, picture: string }} Uids
 *
 * @param {string} image
 * @returns {Promise<Uids>}
 */
export async function dicomOf(image) {
  const { place, picture, ...found } = await get(`/datastore/image/dicom?image=${id(image)}`);
  return { study: found.StudyInstanceUID, series: found.SeriesInstanceUID, instance: found.SOPInstanceUID, place, picture };
}

/** @param {Record<string, string>} query */
export const worklist = (query) => get(`/worklist?${new URLSearchParams(query)}`);

/**
 * @param {string} model
 * @param {string} image
 * @param {string} who
 */
export async function predict(model, image, who) {
  const data = form({ result_extension: '.nrrd', client_id: who });
  const answer = await ask(`/infer/${id(model)}?image=${id(image)}&output=all`, { method: 'POST', body: data });
  const parts = await answer.formData();
  const file = /** @type {File} */ (parts.get('image'));
  return { ...(await readNrrd(await file.arrayBuffer())), params: JSON.parse(String(parts.get('params'))) };
}

/**
 * @param {import('./editor.js').Editor} editor
 * @param {string} who
 * @param {number} replaces the number of the label that it may replace, 0 for none; where another one is there, it is refused
 *   with 412 and that one's number as its tag
 * @returns {Promise<number>} its number
 */
export async function submit(editor, who, replaces) {
  const { annotated, seconds, model, picture } = editor;
  const data = form({ annotated: [...annotated], seconds, model_version: model, client_id: who, picture, replaces });
  data.append('label', await writeNrrd(editor.mask, editor.size), 'mask.nrrd');
  return (await (await ask(`/datastore/label?image=${id(editor.image)}`, { method: 'PUT', body: data })).json()).number;
}

/**
 * @param {import('./editor.js').Editor} editor
 * @param {string} who
 */
export async function measure(editor, who) {
  const data = new FormData();
  data.append('client_id', who);
  data.append('picture', editor.picture);
  data.append('label', await writeNrrd(editor.mask, editor.size), 'mask.nrrd');
  return (await ask(`/biometry?image=${id(editor.image)}`, { method: 'POST', body: data })).json();
}

/** @param {string} image */
export const history = (image) => get(`/history/${id(image)}`);

/**
 * @param {string} image
 * @param {number} number
 */
export const submission = async (image, number) =>
  readNrrd(await (await ask(`/history/${id(image)}/${number}/label`)).arrayBuffer());

/**
 * What is open: an image, and the picture that was seen of it. What is said of another one, be it of another study, is refused
 * with 409.
 * @typedef {{ image: string, picture: string }} Seen
 *
 * @param {Seen} seen
 * @param {number} number
 * @param {string} status
 * @param {string} comment
 */
export const judge = ({ image, picture }, number, status, comment) =>
  post(`/history/${id(image)}/${number}/status`, { status, comment, picture });

/**
 * @param {Seen} seen
 * @param {string} who
 */
export const skip = ({ image, picture }, who) => post(`/worklist/${id(image)}/skip`, { client_id: who, picture });

/**
 * @param {Seen} seen
 * @param {string} comment empty takes the flag away
 * @param {string} who
 */
export const flag = ({ image, picture }, comment, who) => post(`/worklist/${id(image)}/flag`, { comment, client_id: who, picture });

/** The last training, null when there was none. */
export const training = async () => (await get('/train/?all=true')).at(-1) ?? null;

/** @param {string} model */
export const train = (model) => post(`/train/${id(model)}`, {});

export const versions = () => get('/model/versions');

/** Serves again what was served before. */
export const rollBack = () => post('/model/versions/rollback', {});
