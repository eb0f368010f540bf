/** What is drawn over the image, and the pointer there: the left button is the tool's, everything else stays OHIF's. */

const SVG = 'http://www.w3.org/2000/svg';
const [NEAR, RADIUS] = [12, 6];

export class Overlay {
  /**
   * @param {import('./viewer.js').Viewer} viewer
   * @param {() => import('./drawing.js').Tool | null} tool
   * @param {() => import('./biometry.js').Caliper[]} calipers
   */
  constructor(viewer, tool, calipers) {
    this._viewer = viewer;
    this._tool = tool;
    this._calipers = calipers;
    this._svg = document.createElementNS(SVG, 'svg');
    this._svg.setAttribute('class', 'fetal-head-overlay');
    this._svg.setAttribute('aria-hidden', 'true');
    /** @type {number | null} the pointer that the tool follows while it is down */
    this._held = null;
    this._listeners = new AbortController();
    this._density = devicePixelRatio;
  }

  /** Lies over the viewport's element from now on. */
  attach() {
    const element = this._viewer.element;
    if (!element || this._svg.parentElement === element) return;
    this._listeners.abort();
    this._listeners = new AbortController();
    element.append(this._svg);
    const heard = { capture: true, signal: this._listeners.signal };
    element.addEventListener('pointerdown', (event) => this._press(event), heard);
    element.addEventListener('pointermove', (event) => this._move(event), heard);
    window.addEventListener('pointerup', (event) => event.button === 0 && this._release(event), heard);
    window.addEventListener('pointercancel', (event) => this._release(event), heard);
    element.addEventListener('dblclick', () => this._tool()?.finish?.(), heard);
    // the viewer hears of the mouse, not of pointers
    element.addEventListener('mousedown', (event) => this._isOurs(event) && event.stopImmediatePropagation(), heard);
    element.addEventListener(window.cornerstone.Enums.Events.IMAGE_RENDERED, () => this.draw(), heard);
    this.draw();
  }

  detach() {
    this._listeners.abort();
    this._svg.remove();
  }

  draw() {
    if (!this._svg.isConnected) return;
    this._keepToScreen();
    const drawn = this._tool()?.drawn() ?? { lines: [], handles: [] };
    this._svg.replaceChildren(
      ...this._calipers().map(({ points, label }) => line(points.map((p) => this._viewer.toScreen(p)), 'caliper', label)),
      ...drawn.lines.map((points) => line(points.map((p) => this._viewer.toScreen(p)), 'shape')),
      ...drawn.handles.map((point) => handle(this._viewer.toScreen(point))),
    );
  }

  /** OHIF reckons by the density of another screen as soon as the window is there, and goes on drawing by that of the one before. */
  _keepToScreen() {
    if (this._density === devicePixelRatio) return;
    this._density = devicePixelRatio;
    this._viewer.fit();
  }

  /** @param {MouseEvent} event */
  _isOurs(event) {
    return event.button === 0 && !event.ctrlKey && !event.altKey;
  }

  /** @param {MouseEvent} event */
  _at(event) {
    this._keepToScreen();
    const { left, top } = this._viewer.element?.getBoundingClientRect() ?? { left: 0, top: 0 };
    return this._viewer.toImage(event.clientX - left, event.clientY - top);
  }

  /** @param {PointerEvent} event */
  _press(event) {
    if (!this._isOurs(event)) return;
    // two fingers zoom, and the first one meant nothing else
    if (!event.isPrimary) return this._drop();
    if (this._held !== null) return;
    event.stopPropagation();
    this._held = event.pointerId;
    // the way beside the image is told, too: else a stroke that leaves it goes straight on from there to where it comes back
    this._viewer.element?.setPointerCapture(event.pointerId);
    const at = this._at(event);
    const beside = this._viewer.toScreen(at);
    const near = this._viewer.toImage(beside.x + NEAR, beside.y);
    this._tool()?.press(at, Math.hypot(near.x - at.x, near.y - at.y));
    this.draw();
  }

  /** @param {PointerEvent} event */
  _move(event) {
    // the button may have been let go where nobody heard of it
    if (!(event.buttons & 1)) this._release(event);
    const isHeld = event.pointerId === this._held;
    if (!isHeld && (event.buttons || this._held !== null)) return;
    if (isHeld) event.stopPropagation();
    // a fast hand is heard of less often than it moves
    const all = event.getCoalescedEvents?.() ?? [];
    this._tool()?.move((all.length ? all : [event]).map((each) => this._at(each)));
    this.draw();
  }

  /** @param {PointerEvent} event */
  _release({ pointerId }) {
    if (pointerId !== this._held) return;
    this._held = null;
    this._tool()?.release();
    this.draw();
  }

  _drop() {
    if (this._held === null) return;
    this._held = null;
    this._tool()?.drop();
    this.draw();
  }
}

/**
 * @param {import('./raster.js').Point[]} points
 * @param {string} kind
 * @param {string} [label]
 */
function line(points, kind, label) {
  const group = document.createElementNS(SVG, 'g');
  const drawn = document.createElementNS(SVG, 'polyline');
  drawn.setAttribute('points', points.map(({ x, y }) => `${x},${y}`).join(' '));
  drawn.setAttribute('class', kind);
  group.append(drawn);
  if (label) {
    const text = document.createElementNS(SVG, 'text');
    text.setAttribute('x', `${points[0].x + 4}`);
    text.setAttribute('y', `${points[0].y - 4}`);
    text.textContent = label;
    group.append(text);
  }
  return group;
}

/** @param {import('./raster.js').Point} at */
function handle({ x, y }) {
  const drawn = document.createElementNS(SVG, 'circle');
  for (const [name, value] of Object.entries({ cx: x, cy: y, r: RADIUS, class: 'handle' })) drawn.setAttribute(name, `${value}`);
  return drawn;
}
