/* OHIF reads this first. It asks for the configuration itself, once its services are there. */
window.config = Object.assign(
  async () => (await import('/ohif/fetal-head/index.js')).config(),
  { defaultDataSourceName: 'dicomweb' },
);
