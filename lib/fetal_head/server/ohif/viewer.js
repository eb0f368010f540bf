/**
 * OHIF as this mode uses it: opens an image, shows a mask over it, and tells where a point of the screen lies in the image.
 *
 * @typedef {import('./raster.js').Point} Point
 * @typedef {{ name: string, value: number, color: [number, number, number], asked: boolean }} Structure
 */

import { BRAIN } from './paint.js';
import { until } from './waiting.js';

/** @typedef {any} Services of OHIF, which has no types to import */

const LABELMAP = 'Labelmap';
// of 255: what is to be corrected lies within the head, and has to be seen through its colour
const FAINT = 70;
const NOT_SHOWN = 'The image does not appear.';

export class Viewer {
  /**
   * @param {Services} services
   * @param {any} extensionManager
   * @param {Structure[]} structures
   */
  constructor(services, extensionManager, structures) {
    this._services = services;
    this._extensions = extensionManager;
    this._structures = structures;
    this._segmentation = '';
    this._isEmptied = false;
  }

  /**
   * Opens an image in the viewport and lays an empty mask over it.
   * @param {import('./server.js').Uids} uids
   * @returns {Promise<import('./raster.js').Size>}
   */
  async open(uids) {
    const displaySet = await this._displaySet(uids);
    const grid = this._services.viewportGridService;
    // a page that has just begun has no viewport yet
    await until(() => this.hasBegun, 'The viewer does not begin.');
    if (!grid.getDisplaySetsUIDsForViewport(this.viewportId)?.includes(displaySet.displaySetInstanceUID)) {
      grid.setDisplaySetsForViewport({ viewportId: this.viewportId, displaySetInstanceUIDs: [displaySet.displaySetInstanceUID] });
    }
    await this._shown(uids.instance).catch((error) => {
      // the viewer asks again for a picture that did not come only when it is given it anew
      grid.setDisplaySetsForViewport({ viewportId: this.viewportId, displaySetInstanceUIDs: [] });
      this._isEmptied = true;
      throw error;
    });
    this._isEmptied = false;
    await this._layOver(displaySet);
    const { Rows: rows, Columns: columns } = displaySet.instances[0];
    // what it had when it was open before may be no mask of it any more
    this.show(new Uint8Array(rows * columns));
    return { rows, columns };
  }

  /** Whether it can be given an image. One that was emptied has no viewport before. */
  get hasBegun() {
    return this._isEmptied || Boolean(this.viewport?.element);
  }

  /** @returns {string} */
  get viewportId() {
    return this._services.viewportGridService.getActiveViewportId();
  }

  get viewport() {
    return this._services.cornerstoneViewportService.getCornerstoneViewport(this.viewportId);
  }

  /** @returns {HTMLElement | undefined} */
  get element() {
    return this.viewport?.element;
  }

  /** @param {boolean} isSeen false as long as another image than the open one is on the screen */
  see(isSeen) {
    document.body.classList.toggle('fetal-head-unseen', !isSeen);
  }

  /** Draws anew, at once, for the size and the screen that it has now. */
  fit() {
    this._services.cornerstoneViewportService.performResize();
  }

  /** @param {Uint8Array} mask */
  show(mask) {
    this._pixels().set(mask);
    window.cornerstoneTools.segmentation.triggerSegmentationEvents.triggerSegmentationDataModified(this._segmentation);
  }

  /** What is on the screen, for those who check it. */
  shown() {
    return Uint8Array.from(this._pixels());
  }

  /**
   * @param {number} value
   * @param {boolean} isVisible
   */
  setVisible(value, isVisible) {
    this._services.segmentationService.setSegmentVisibility(this.viewportId, this._segmentation, value, isVisible, LABELMAP);
  }

  /** @param {number} opacity 0 to 1 */
  setOpacity(opacity) {
    window.cornerstoneTools.segmentation.config.style.setStyle(
      { type: LABELMAP },
      { fillAlpha: opacity, fillAlphaInactive: opacity, outlineWidth: 2, renderOutline: true, renderFill: true },
    );
    this.viewport?.render();
  }

  /**
   * @param {number} x of the viewport's element, in CSS pixels
   * @param {number} y
   * @returns {Point}
   */
  toImage(x, y) {
    const [i, j] = this._imageData().worldToIndex(this.viewport.canvasToWorld([x, y]));
    return { x: i, y: j };
  }

  /**
   * @param {Point} point
   * @returns {Point} in CSS pixels of the viewport's element
   */
  toScreen({ x, y }) {
    const [left, top] = this.viewport.worldToCanvas(this._imageData().indexToWorld([x, y, 0]));
    return { x: left, y: top };
  }

  _imageData() {
    return this.viewport.getImageData().imageData;
  }

  _pixels() {
    return this._labelmap().voxelManager.getScalarData();
  }

  _labelmap() {
    const segmentation = window.cornerstoneTools.segmentation.state.getSegmentation(this._segmentation);
    return window.cornerstone.cache.getImage(segmentation.representationData.Labelmap.imageIds[0]);
  }

  /** @param {import('./server.js').Uids} uids */
  async _displaySet({ study, series, instance }) {
    const { displaySetService } = this._services;
    // of a file that was replaced OHIF keeps the one before as well
    const found = () => displaySetService.getDisplaySetForSOPInstanceUID(instance, series);
    if (!found()) {
      const [source] = this._extensions.getActiveDataSource();
      // OHIF asks once a study, be it for another series alone, and forgets by another key than it remembers by
      source.deleteStudyMetadataPromise(`${source.getConfig().name}:${study}`);
      await source.retrieve.series.metadata({ StudyInstanceUID: study, filters: { seriesInstanceUID: series } });
    }
    await until(found, 'The image cannot be shown.');
    return found();
  }

  /** @param {string} instance */
  async _shown(instance) {
    const { eventTarget, metaData, Enums } = window.cornerstone;
    const isIt = (/** @type {string | undefined} */ id) => Boolean(id) && metaData.get('instance', id)?.SOPInstanceUID === instance;
    let isLost = false;
    const lose = (/** @type {CustomEvent} */ { detail }) => (isLost ||= isIt(detail.imageId));
    eventTarget.addEventListener(Enums.Events.IMAGE_LOAD_ERROR, lose);
    try {
      await until(() => isLost || (isIt(this.viewport?.getCurrentImageId?.()) && this.viewport.getImageData()), NOT_SHOWN);
    } finally {
      eventTarget.removeEventListener(Enums.Events.IMAGE_LOAD_ERROR, lose);
    }
    if (isLost) throw new Error(NOT_SHOWN);
  }

  /** @param {any} displaySet */
  async _layOver(displaySet) {
    const { segmentationService } = this._services;
    this._segmentation = `fetal-head-${displaySet.displaySetInstanceUID}`;
    // of an image that was shown long ago, OHIF knows the segmentation and has thrown its pixels away
    if (segmentationService.getSegmentation(this._segmentation) && !this._labelmap()) segmentationService.remove(this._segmentation);
    if (!segmentationService.getSegmentation(this._segmentation)) {
      const segments = Object.fromEntries(
        this._structures.map(({ name, value }) => [value, { segmentIndex: value, label: name, active: value === 1, locked: false }]),
      );
      await segmentationService.createLabelmapForDisplaySet(displaySet, {
        segmentationId: this._segmentation,
        label: 'Fetal head',
        segments,
      });
    }
    await segmentationService.addSegmentationRepresentation(this.viewportId, { segmentationId: this._segmentation, type: LABELMAP });
    for (const { value, color } of this._structures) {
      segmentationService.setSegmentColor(this.viewportId, this._segmentation, value, [...color, value === BRAIN ? FAINT : 255]);
    }
  }
}
