/** Waiting for OHIF, which says of little when it is done. */

const [LOOK_MS, PATIENCE_MS] = [20, 30_000];

/**
 * When a piece of what is asked for came last: a large picture takes minutes on a slow line, and only a dead one is given up. Of the
 * pieces nobody hears but who reads them.
 */
let came = 0;
const { read } = ReadableStreamDefaultReader.prototype;
ReadableStreamDefaultReader.prototype.read = function () {
  came = performance.now();
  return read.call(this);
};

/**
 * @param {() => unknown} holds
 * @param {string} otherwise what to say when it never does
 */
export async function until(holds, otherwise) {
  for (const began = performance.now(); !holds(); ) {
    if (performance.now() > Math.max(began, came) + PATIENCE_MS) throw new Error(otherwise);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}
