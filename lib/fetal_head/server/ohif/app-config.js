/* OHIF reads this first. It asks for the configuration itself, once its services are there. */
window.config = Object.assign(
  async (/** @type {any} */ given) => (await import('/ohif/fetal-head/index.js')).config(given),
  { defaultDataSourceName: 'dicomweb' },
);
