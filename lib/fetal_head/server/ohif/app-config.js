/* OHIF reads this first. It asks for the configuration itself, once its services are there. */
window.config = Object.assign(
  async () => (await import('/ohif/fetal-head/index.js')).config(),
  { defaultDataSourceName: 'dicomweb' },
);
/* In a browser that has no storage, or lets no page have it, OHIF does not begin: it gets one that takes nothing, as a full one. */
for (const name of ['localStorage', 'sessionStorage']) {
  try {
    void Reflect.get(window, name).length;
  } catch {
    const refuse = () => { throw new DOMException('The browser keeps nothing.', 'QuotaExceededError'); };
    Object.defineProperty(window, name, { value: Object.create({ getItem: () => null, setItem: refuse, removeItem() {} }) });
  }
}
