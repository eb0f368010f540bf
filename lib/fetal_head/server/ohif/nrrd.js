/** The one kind of NRRD file that goes between the server and this page: a mask of bytes, (columns, rows, 1). */

/**
 * @param {ArrayBuffer} file
 * @returns {Promise<{ columns: number, rows: number, mask: Uint8Array }>}
 */
export async function readNrrd(file) {
  const bytes = new Uint8Array(file);
  let end = 0;
  while (end < bytes.length && !(bytes[end] === 10 && bytes[end + 1] === 10)) end++;
  const lines = new TextDecoder().decode(bytes.subarray(0, end)).split('\n');
  const fields = Object.fromEntries(lines.map((line) => line.split(': ')).filter((pair) => pair.length === 2));
  const [columns, rows] = (fields.sizes ?? '').split(' ').map(Number);
  if (!['unsigned char', 'uint8', 'uchar', 'uint8_t'].includes(fields.type)) throw new Error(`a mask of ${fields.type} was sent`);
  const body = bytes.subarray(end + 2);
  const mask = fields.encoding === 'raw' ? body : await unzipped(body);
  if (mask.length !== columns * rows) throw new Error(`a mask of ${mask.length} pixels was sent for ${columns} x ${rows}`);
  return { columns, rows, mask };
}

/**
 * @param {Uint8Array} mask
 * @param {{ rows: number, columns: number }} size
 * @returns {Blob}
 */
export function writeNrrd(mask, { rows, columns }) {
  const header = `NRRD0004\ntype: uint8\ndimension: 3\nsizes: ${columns} ${rows} 1\nencoding: raw\n\n`;
  return new Blob([header, /** @type {BlobPart} */ (mask)]);
}

/** @param {Uint8Array} body */
async function unzipped(body) {
  const stream = new Blob([/** @type {BlobPart} */ (body)]).stream().pipeThrough(new DecompressionStream('gzip'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
