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
  const mask = fields.encoding === 'raw' ? body : new Uint8Array(await through(new DecompressionStream('gzip'), body));
  if (mask.length !== columns * rows) throw new Error(`a mask of ${mask.length} pixels was sent for ${columns} x ${rows}`);
  return { columns, rows, mask };
}

/**
 * Packed to a hundredth: one is sent after each stroke, and on a slow line the next ones and the label itself would wait for it.
 * @param {Uint8Array} mask as it is now; what is drawn while it is packed is not in it
 * @param {{ rows: number, columns: number }} size
 * @returns {Promise<Blob>}
 */
export async function writeNrrd(mask, { rows, columns }) {
  const header = `NRRD0004\ntype: uint8\ndimension: 3\nsizes: ${columns} ${rows} 1\nencoding: gzip\n\n`;
  return new Blob([header, await through(new CompressionStream('gzip'), mask)]);
}

/**
 * @param {CompressionStream | DecompressionStream} stream
 * @param {Uint8Array} bytes
 */
function through(stream, bytes) {
  return new Response(new Blob([/** @type {BlobPart} */ (bytes)]).stream().pipeThrough(stream)).arrayBuffer();
}
