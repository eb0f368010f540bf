/**
 * The pixels of shapes. A pixel (x, y) belongs to a shape when its centre, the point (x, y), lies inside.
 *
 * @typedef {{ x: number, y: number }} Point in pixels, x along the columns, y along the rows
 * @typedef {{ rows: number, columns: number }} Size
 * @typedef {{ centre: Point, a: number, b: number, angle: number }} Oriented
 *   half lengths along two axes; `angle` in radians of the first one against x, turning from x towards y
 */

/**
 * The pixels in a box for which `inside` holds.
 * @param {Size} size
 * @param {{ left: number, right: number, top: number, bottom: number }} box
 * @param {(x: number, y: number) => boolean} inside
 * @returns {number[]} their places in the mask
 */
function pixelsIn({ rows, columns }, box, inside) {
  const found = [];
  for (let y = Math.max(0, Math.ceil(box.top)); y <= Math.min(rows - 1, box.bottom); y++) {
    for (let x = Math.max(0, Math.ceil(box.left)); x <= Math.min(columns - 1, box.right); x++) {
      if (inside(x, y)) found.push(y * columns + x);
    }
  }
  return found;
}

/**
 * @param {Oriented} shape
 * @param {(u: number, v: number) => boolean} inside of the distances along its axes
 * @param {Size} size
 */
function oriented({ centre, a, b, angle }, inside, size) {
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const [reachX, reachY] = [Math.abs(a * cos) + Math.abs(b * sin), Math.abs(a * sin) + Math.abs(b * cos)];
  const box = { left: centre.x - reachX, right: centre.x + reachX, top: centre.y - reachY, bottom: centre.y + reachY };
  return pixelsIn(size, box, (x, y) => {
    const [dx, dy] = [x - centre.x, y - centre.y];
    return inside(dx * cos + dy * sin, dy * cos - dx * sin);
  });
}

/**
 * @param {Oriented} shape its semi-axes
 * @param {Size} size
 */
export function ellipse(shape, size) {
  return oriented(shape, (u, v) => (u / shape.a) ** 2 + (v / shape.b) ** 2 < 1, size);
}

/**
 * @param {Oriented} shape half its sides
 * @param {Size} size
 */
export function rectangle(shape, size) {
  return oriented(shape, (u, v) => Math.abs(u) < shape.a && Math.abs(v) < shape.b, size);
}

/**
 * What a round brush covers on its way.
 * @param {Point} from
 * @param {Point} to
 * @param {number} radius
 * @param {Size} size
 */
export function stroke(from, to, radius, size) {
  const box = {
    left: Math.min(from.x, to.x) - radius,
    right: Math.max(from.x, to.x) + radius,
    top: Math.min(from.y, to.y) - radius,
    bottom: Math.max(from.y, to.y) + radius,
  };
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const length = dx * dx + dy * dy;
  return pixelsIn(size, box, (x, y) => {
    const along = length ? Math.min(1, Math.max(0, ((x - from.x) * dx + (y - from.y) * dy) / length)) : 0;
    return Math.hypot(x - from.x - along * dx, y - from.y - along * dy) <= radius;
  });
}

/**
 * @param {Point[]} corners of a polygon; where it crosses itself, what lies inside an odd number of times
 * @param {Size} size
 */
export function polygon(corners, size) {
  const [xs, ys] = [corners.map((c) => c.x), corners.map((c) => c.y)];
  const box = { left: Math.min(...xs), right: Math.max(...xs), top: Math.min(...ys), bottom: Math.max(...ys) };
  return pixelsIn(size, box, (x, y) => {
    let inside = false;
    corners.forEach((p, i) => {
      const q = corners[(i + 1) % corners.length];
      if (p.y > y !== q.y > y && x < p.x + ((y - p.y) / (q.y - p.y)) * (q.x - p.x)) inside = !inside;
    });
    return inside;
  });
}

/**
 * The pixels of one value that hang together with the one at `start`, edge to edge.
 * @param {Uint8Array} mask
 * @param {Point} start
 * @param {Size} size
 */
export function connected(mask, start, { rows, columns }) {
  const first = Math.round(start.y) * columns + Math.round(start.x);
  const value = mask[first];
  const seen = new Uint8Array(mask.length);
  const found = [first];
  seen[first] = 1;
  for (let next = 0; next < found.length; next++) {
    const place = found[next];
    const [x, y] = [place % columns, Math.floor(place / columns)];
    for (const [nx, ny] of [[x - 1, y], [x + 1, y], [x, y - 1], [x, y + 1]]) {
      const neighbour = ny * columns + nx;
      if (nx < 0 || ny < 0 || nx >= columns || ny >= rows || seen[neighbour] || mask[neighbour] !== value) continue;
      seen[neighbour] = 1;
      found.push(neighbour);
    }
  }
  return found;
}
