/** OHIF's configuration: our mode and nothing else, over the images that this server answers by DICOMweb. */

import { el } from './dom.js';
import { extension, mode, startWith } from './mode.js';
import { completeAddress, sayWhy } from './opening.js';

export async function config() {
  // not the panel's own: what lies over the image needs it too, and the panel can be closed
  document.head.append(el('link', { rel: 'stylesheet', href: '/ohif/fetal-head/style.css' }));
  try {
    startWith(await completeAddress());
  } catch (error) {
    sayWhy(error);
    // OHIF does not begin without its configuration
    return new Promise(() => {});
  }
  return {
    routerBasename: '/ohif/',
    showStudyList: false,
    // with it comes a menu that lays the masks of images opened before over this one
    addWindowLevelActionMenu: false,
    // it goes on telling of the patient whose image was opened first
    showPatientInfo: 'disabled',
    extensions: [extension],
    modes: [mode],
    // a still image is no film
    customizationService: { autoCineModalities: { id: 'autoCineModalities', modalities: [] } },
    investigationalUseDialog: { option: 'never' },
    defaultDataSourceName: 'dicomweb',
    dataSources: [
      {
        namespace: '@ohif/extension-default.dataSourcesModule.dicomweb',
        sourceName: 'dicomweb',
        configuration: {
          friendlyName: 'Fetal head',
          name: 'fetal-head',
          qidoRoot: '/dicom-web',
          wadoRoot: '/dicom-web',
          wadoUriRoot: '/dicom-web',
          qidoSupportsIncludeField: true,
          imageRendering: 'wadors',
          thumbnailRendering: 'wadors',
          enableStudyLazyLoad: true,
          supportsFuzzyMatching: false,
          supportsWildcard: true,
          dicomUploadEnabled: false,
        },
      },
    ],
  };
}
