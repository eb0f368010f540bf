/** The mode "Fetal head" and the extension that brings its panel, as OHIF wants them. */

import { Panel } from './panel.js';

const ID = '@fetal-head/extension';
const STACK = '@ohif/extension-default.sopClassHandlerModule.stack';

/** @type {{ services: any, extensionManager: any } | null} given by OHIF when it starts */
let ohif = null;
/** @type {Panel | null} */
let panel = null;
/** @type {any} the server's answer by which the first image was chosen */
let first = null;

/** @param {any} sample null for none */
export function startWith(sample) {
  first = sample;
}

/**
 * A React component that is an element of the page, without React's own functions, which OHIF keeps to itself.
 * @param {(element: HTMLElement) => void} mount
 */
const component = (mount) => () => ({
  $$typeof: Symbol.for('react.element'),
  type: 'div',
  key: null,
  ref: (/** @type {HTMLElement | null} */ element) => element && mount(element),
  props: { style: { height: '100%', overflow: 'auto' } },
  _owner: null,
  _store: {},
});

export const extension = {
  id: ID,
  /** @param {any} given */
  preRegistration({ servicesManager, extensionManager }) {
    ohif = { services: servicesManager.services, extensionManager };
  },
  getPanelModule: () => [
    {
      name: 'panel',
      iconName: 'tab-segmentation',
      iconLabel: 'Fetal head',
      label: 'Fetal head',
      component: component((element) => {
        if (!panel && ohif) panel = new Panel(ohif.services, ohif.extensionManager, first);
        panel?.mount(element);
      }),
    },
  ],
};

export const mode = {
  id: '@fetal-head/mode',
  modeFactory: () => ({
    id: '@fetal-head/mode',
    routeName: 'fetal',
    displayName: 'Fetal head',
    /** @param {any} given */
    onModeEnter({ servicesManager, extensionManager }) {
      const { toolGroupService, uiNotificationService } = servicesManager.services;
      const show = uiNotificationService.show.bind(uiNotificationService);
      // it warns of every image but the first one, which alone its address named when it began
      uiNotificationService.show = (/** @type {any} */ said) => (said.title === 'Series filter' ? undefined : show(said));
      const { toolNames, Enums } = extensionManager.getModuleEntry('@ohif/extension-cornerstone.utilityModule.tools').exports;
      const { MouseBindings, KeyboardBindings } = Enums;
      // the left button alone is ours, and so is one finger
      toolGroupService.createToolGroupAndAddTools('default', {
        active: [
          { toolName: toolNames.WindowLevel, bindings: [{ mouseButton: MouseBindings.Primary, modifierKey: KeyboardBindings.Ctrl }] },
          { toolName: toolNames.Pan, bindings: [{ mouseButton: MouseBindings.Auxiliary }] },
          { toolName: toolNames.Zoom, bindings: [{ mouseButton: MouseBindings.Secondary }, { numTouchPoints: 2 }] },
        ],
        passive: [],
        enabled: [],
        disabled: [],
      });
    },
    /** @param {any} given */
    onModeExit({ servicesManager }) {
      const { toolGroupService, segmentationService, cornerstoneViewportService } = servicesManager.services;
      panel?.close();
      panel = null;
      toolGroupService.destroy();
      segmentationService.destroy();
      cornerstoneViewportService.destroy();
    },
    validationTags: { study: [], series: [] },
    isValidMode: (/** @type {{ modalities: string }} */ { modalities }) => ({ valid: modalities.split('\\').includes('US'), description: 'Ultrasound of a fetal head' }),
    routes: [
      {
        path: 'fetal',
        layoutTemplate: () => ({
          id: '@ohif/extension-default.layoutTemplateModule.viewerLayout',
          props: {
            leftPanels: [],
            rightPanels: [`${ID}.panelModule.panel`],
            rightPanelClosed: false,
            viewports: [
              { namespace: '@ohif/extension-cornerstone.viewportModule.cornerstone', displaySetsToDisplay: [STACK] },
            ],
          },
        }),
      },
    ],
    extensions: { '@ohif/extension-default': '^3.0.0', '@ohif/extension-cornerstone': '^3.0.0' },
    hangingProtocol: 'default',
    sopClassHandlers: [STACK],
    hotkeys: [],
  }),
};
