/** What OHIF puts on the window; it ships without types. */
interface Window {
  config: any;
  cornerstone: any;
  cornerstoneTools: any;
}
