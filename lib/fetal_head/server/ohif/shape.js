/**
 * Ellipses and oriented rectangles that a hand pulls at.
 *
 * @typedef {import('./raster.js').Point} Point
 * @typedef {import('./raster.js').Oriented} Oriented
 * @typedef {'centre' | 'a+' | 'a-' | 'b+' | 'b-'} Handle
 */

/** Half a side, or a semi-axis, in standard deviations of the filled shape. */
export const ELLIPSE = 2;
export const RECTANGLE = Math.sqrt(3);
const SMALLEST = 1;
const CORNERS = 48;

/**
 * Where a shape can be pulled: its centre, and the ends of its axes.
 * @param {Oriented} shape
 * @returns {Record<Handle, Point>}
 */
export function handles(shape) {
  const { centre, a, b } = shape;
  const at = placesOn(shape);
  return { centre, 'a+': at(a, 0), 'a-': at(-a, 0), 'b+': at(0, b), 'b-': at(0, -b) };
}

/**
 * @param {Oriented} shape
 * @param {'ellipse' | 'rectangle'} kind
 * @returns {Point[]} closed
 */
export function outline(shape, kind) {
  const { a, b } = shape;
  const around =
    kind === 'rectangle'
      ? [[a, b], [-a, b], [-a, -b], [a, -b], [a, b]]
      : Array.from({ length: CORNERS + 1 }, (_, i) => {
          const turn = (2 * Math.PI * i) / CORNERS;
          return [a * Math.cos(turn), b * Math.sin(turn)];
        });
  const at = placesOn(shape);
  return around.map(([u, v]) => at(u, v));
}

/**
 * @param {Oriented} shape
 * @returns {(u: number, v: number) => Point} where a place along its axes is in the image
 */
function placesOn({ centre, angle }) {
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  return (u, v) => ({ x: centre.x + u * cos - v * sin, y: centre.y + u * sin + v * cos });
}

/**
 * The shape after a handle was pulled to a place. The opposite end of the axis stays where it is: an end of the first axis
 * turns the shape, one of the second only makes it wider or narrower.
 * @param {Oriented} shape
 * @param {Handle} handle
 * @param {Point} to
 * @returns {Oriented}
 */
export function pulled(shape, handle, to) {
  if (handle === 'centre') return { ...shape, centre: to };
  const sign = handle.endsWith('+') ? 1 : -1;
  const fixed = handles(shape)[/** @type {Handle} */ (handle[0] + (sign > 0 ? '-' : '+'))];
  if (handle.startsWith('a')) {
    const [dx, dy] = [sign * (to.x - fixed.x), sign * (to.y - fixed.y)];
    const centre = { x: (to.x + fixed.x) / 2, y: (to.y + fixed.y) / 2 };
    return { ...shape, centre, a: Math.max(SMALLEST, Math.hypot(dx, dy) / 2), angle: Math.atan2(dy, dx) };
  }
  const [x, y] = [-Math.sin(shape.angle), Math.cos(shape.angle)];
  const width = Math.max(2 * SMALLEST, sign * ((to.x - fixed.x) * x + (to.y - fixed.y) * y));
  const half = (sign * width) / 2;
  return { ...shape, b: width / 2, centre: { x: fixed.x + half * x, y: fixed.y + half * y } };
}

/**
 * The shape with the same area moments as some pixels.
 * @param {Uint8Array} mask
 * @param {number} columns
 * @param {(value: number) => boolean} belongs
 * @param {number} deviations ELLIPSE or RECTANGLE
 * @returns {Oriented | null} null when there are none
 */
export function fitted(mask, columns, belongs, deviations) {
  let [n, sx, sy, sxx, sxy, syy] = [0, 0, 0, 0, 0, 0];
  mask.forEach((value, place) => {
    if (!belongs(value)) return;
    const [x, y] = [place % columns, Math.floor(place / columns)];
    n += 1; sx += x; sy += y; sxx += x * x; sxy += x * y; syy += y * y;
  });
  if (!n) return null;
  const centre = { x: sx / n, y: sy / n };
  // a pixel is a small square with a second moment of its own
  const xx = sxx / n - centre.x ** 2 + 1 / 12;
  const yy = syy / n - centre.y ** 2 + 1 / 12;
  const xy = sxy / n - centre.x * centre.y;
  const [mean, spread] = [(xx + yy) / 2, Math.hypot((xx - yy) / 2, xy)];
  const half = (/** @type {number} */ variance) => deviations * Math.sqrt(Math.max(variance, 1 / 12));
  return { centre, a: half(mean + spread), b: half(mean - spread), angle: Math.atan2(2 * xy, xx - yy) / 2 };
}

/**
 * The shape that a drag from corner to corner draws.
 * @param {Point} from
 * @param {Point} to
 * @returns {Oriented}
 */
export function between(from, to) {
  const [dx, dy] = [Math.abs(to.x - from.x) / 2, Math.abs(to.y - from.y) / 2];
  const centre = { x: (from.x + to.x) / 2, y: (from.y + to.y) / 2 };
  const [long, short] = [Math.max(dx, dy, SMALLEST), Math.max(Math.min(dx, dy), SMALLEST)];
  return { centre, a: long, b: short, angle: dx >= dy ? 0 : Math.PI / 2 };
}
